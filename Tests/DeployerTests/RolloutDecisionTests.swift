import Contracts
import Kubernetes
import PipelineLanguage
import Testing

@testable import Deployer

@Suite struct RolloutDecisionTests {
    private func request(
        sequence: Int64? = 7, container: String = "web", takes: RolloutPermit.Taking = .unmarked
    ) -> RolloutRequest {
        RolloutRequest(
            workload: Workload(kind: .deployment, name: "web"), namespace: "shop", container: container,
            image: "web@sha256:2", sequence: sequence, job: JobID(rawValue: "job7"), run: RunID(rawValue: "run7"),
            runName: "shop/web#7",
            ownership: Ownership(owner: "shop/web", environment: "production", takes: takes), commit: "abc",
            cause: "run run7")
    }

    private func workload(
        sequence: Int64? = nil, rollout: String? = nil, image: String = "web@sha256:1", undone: String? = nil,
        newest: String? = nil
    ) -> WorkloadObject {
        var workload = RolloutStatusTests.workload()
        workload.metadata.resourceVersion = "41"
        workload.metadata.annotations = [RolloutAnnotation.run: "run6"]
        workload.metadata.annotations?[RolloutAnnotation.sequence] = sequence.map { "\($0)" }
        workload.metadata.annotations?[RolloutAnnotation.undone] = undone
        workload.metadata.annotations?[RolloutAnnotation.rollout] = newest
        workload.spec.template.spec.containers[0].image = image
        if let rollout {
            workload.spec.template.metadata = .init(annotations: [RolloutAnnotation.rollout: rollout])
        }
        return workload
    }

    private func refusal(_ decision: RolloutDecision) -> String? {
        if case .refuse(let reason) = decision { reason } else { nil }
    }

    @Test func `Another repository's workload is refused, whatever else holds, until it is adopted`() {
        var foreign = workload(sequence: 6)
        foreign.metadata.annotations?[RolloutAnnotation.owner] = "shop/api"
        for takes in [RolloutPermit.Taking.own, .unmarked] {
            #expect(
                refusal(RolloutDecision(request(takes: takes), on: foreign))
                    == "deployment/web in namespace shop belongs to another repository, whose rollout marked it; to give "
                    + "it to shop/web: slipway environment adopt production --namespace=shop --workload=deployment/web "
                    + "--repo=shop/web")
        }
        #expect(refusal(RolloutDecision(request(takes: .any), on: foreign)) == nil)
        foreign.metadata.annotations?[RolloutAnnotation.owner] = "shop/web"
        #expect(refusal(RolloutDecision(request(takes: .own), on: foreign)) == nil)
    }

    @Test func `An unmarked workload that several repositories may roll out to is not taken by the first`() {
        #expect(
            refusal(RolloutDecision(request(takes: .own), on: workload()))?.contains(
                "is not taken: it bears no owner's mark, and more than one repository may roll out to it") == true)
        #expect(refusal(RolloutDecision(request(takes: .unmarked), on: workload())) == nil)
    }

    @Test func changesOnlyWhatItMustAndNamesTheVersionItRead() throws {
        guard case .patch(let patch) = RolloutDecision(request(), on: workload(sequence: 6)) else {
            Issue.record("no patch")
            return
        }
        let expected: JSONValue = [
            "metadata": [
                "annotations": [
                    "slipway.dev/sequence": "7", "slipway.dev/run": "run7", "slipway.dev/commit": "abc",
                    "kubernetes.io/change-cause": "run run7", "slipway.dev/owner": "shop/web",
                    "slipway.dev/rollout": "job7", "slipway.dev/run-name": "shop/web#7",
                    "slipway.dev/previous": #"{"image":"web@sha256:1","revision":"3"}"#,
                ], "resourceVersion": "41",
            ],
            "spec": [
                "template": [
                    "metadata": ["annotations": ["slipway.dev/rollout": "job7", "slipway.dev/commit": "abc"]],
                    "spec": ["containers": [["name": "web", "image": "web@sha256:2"]]],
                ]
            ],
        ]
        #expect(patch == expected)
    }

    @Test func anOlderRolloutDoesNotGoOverANewerOne() {
        let reason = refusal(RolloutDecision(request(), on: workload(sequence: 8)))
        #expect(
            reason == "a newer rollout of run6 was put on deployment/web in namespace shop: number 8, this one is 7")
        var named = workload(sequence: 8)
        named.metadata.annotations?[RolloutAnnotation.runName] = "shop/web#8"
        #expect(
            refusal(RolloutDecision(request(), on: named))
                == "a newer rollout of shop/web#8 was put on deployment/web in namespace shop: number 8, this one is 7")
    }

    @Test func theSameOneIsOnlyWatched() {
        let decision = RolloutDecision(request(), on: workload(sequence: 7, rollout: "job7", image: "web@sha256:2"))
        #expect(decision == .resume)
    }

    @Test func theSameNumberByAnotherHandIsNotTakenForOurs() {
        #expect(
            refusal(RolloutDecision(request(), on: workload(sequence: 7, rollout: "else")))?.contains("another hand")
                == true)
        let image = workload(sequence: 7, rollout: "job7", image: "web:by-hand")
        #expect(refusal(RolloutDecision(request(), on: image))?.contains("another hand") == true)
    }

    @Test func anotherTryOfTheSameStepIsNoOtherHand() {
        var second = request()
        second.job = JobID(rawValue: "job7.2")
        second.earlierTries = [JobID(rawValue: "job7")]
        let undone = workload(sequence: 7, rollout: "job6", undone: "job7", newest: "job7")
        if case .patch = RolloutDecision(second, on: undone) {
        } else {
            Issue.record("a second try is refused")
        }
        #expect(refusal(RolloutDecision(second, on: workload(sequence: 7, newest: "else")))?.contains("hand") == true)
    }

    @Test func whatWasUndoneIsNotDoneAgain() {
        let decision = RolloutDecision(request(), on: workload(sequence: 7, rollout: "job6", undone: "job7"))
        #expect(decision == .undone)
    }

    @Test func withoutANumberItGoesByTheJob() {
        let resumed = workload(rollout: "job7", image: "web@sha256:2")
        #expect(RolloutDecision(request(sequence: nil), on: resumed) == .resume)
        if case .patch = RolloutDecision(request(sequence: nil), on: workload(sequence: 99)) {
        } else {
            Issue.record("nobody counts, so nothing is older")
        }
    }

    @Test func aContainerThatIsNotThereIsAnsweredWithThoseThatAre() {
        #expect(
            refusal(RolloutDecision(request(container: "api"), on: workload()))
                == "deployment/web in namespace shop has no container “api”; it has: web")
    }

    @Test func whatHasTheImageAlreadyIsOnlyToldWhoRolledOut() {
        let expected: JSONValue = [
            "metadata": [
                "annotations": [
                    "slipway.dev/sequence": "7", "slipway.dev/run": "run7", "slipway.dev/commit": "abc",
                    "kubernetes.io/change-cause": "run run7", "slipway.dev/owner": "shop/web",
                    "slipway.dev/rollout": "job7", "slipway.dev/run-name": "shop/web#7",
                ], "resourceVersion": "41",
            ]
        ]
        let decision = RolloutDecision(request(), on: workload(sequence: 6, rollout: "job6", image: "web@sha256:2"))
        #expect(decision == .annotate(expected))
    }

    @Test func whatWouldReplaceNoPodIsRefusedBeforeItIsChanged() {
        var paused = workload(sequence: 6)
        paused.spec.paused = true
        #expect(refusal(RolloutDecision(request(), on: paused))?.contains("is paused") == true)
        var byHand = workload(sequence: 6)
        byHand.spec.updateStrategy = .init(type: "OnDelete")
        #expect(refusal(RolloutDecision(request(), on: byHand))?.contains("OnDelete") == true)
    }

    @Test func aTagBesideTheSameDigestIsTheSameImage() {
        let digest = String(repeating: "2", count: 64)
        var request = request()
        request.image = "registry.example/web@sha256:\(digest)"
        request.tag = "stable"
        let same = workload(sequence: 6, image: "registry.example/web:stable@sha256:\(digest)")
        guard case .annotate(let patch) = RolloutDecision(request, on: same) else {
            Issue.record("pods would be restarted")
            return
        }
        #expect(patch["metadata"]?["annotations"]?["slipway.dev/tag"] == "stable")
        // Elsewhere it may be pulled with another login, or not at all.
        let elsewhere = workload(sequence: 6, image: "other.example/web@sha256:\(digest)")
        if case .patch = RolloutDecision(request, on: elsewhere) {
        } else {
            Issue.record("another repository is another specification")
        }
    }

    @Test func aRolloutThatRestartedNothingGoesOnAsItBegan() {
        let resumed = workload(sequence: 7, rollout: "job3", image: "web@sha256:2", newest: "job7")
        #expect(RolloutDecision(request(), on: resumed) == .resume)
        let changed = workload(sequence: 7, rollout: "job3", image: "web:by-hand", newest: "job7")
        #expect(refusal(RolloutDecision(request(), on: changed))?.contains("another hand") == true)
    }

    @Test func whoTookAWorkloadOverIsTold() {
        let applied = AppliedTemplate(mark: "job7", container: "web", image: "web@sha256:2", sequence: 7)
        let ours = workload(sequence: 7, rollout: "job7", image: "web@sha256:2", newest: "job7")
        #expect(applied.replacement(in: ours) == nil)
        let set = workload(sequence: 7, rollout: "job7", image: "web:by-hand", newest: "job7")
        #expect(
            applied.replacement(in: set) == "replaced by another hand: container web has the image web:by-hand now")
        let undone = workload(sequence: 7, rollout: "job6", newest: "job7")
        #expect(
            applied.replacement(in: undone) == "replaced by another hand: container web has the image web@sha256:1 now")
        var newer = workload(sequence: 8, rollout: "job8", image: "web@sha256:3", newest: "job8")
        newer.metadata.annotations?[RolloutAnnotation.runName] = "shop/web#8"
        #expect(
            applied.replacement(in: newer)
                == "replaced by the newer rollout of shop/web#8: container web has the image web@sha256:3 now")
        // `kubectl rollout undo` brings back what an earlier rollout wrote on the workload.
        for sequence: Int64? in [6, 7, nil] {
            let restored = workload(sequence: sequence, rollout: "job6", newest: "job6")
            #expect(
                applied.replacement(in: restored)
                    == "replaced by another hand: container web has the image web@sha256:1 now")
        }
        // Whatever else of the template is another's, is another's.
        var (mine, other) = (ours, ours)
        mine.spec.template.whole = ["spec": ["containers": []]]
        other.spec.template.whole = ["spec": ["containers": [["name": "side"]]]]
        let whole = AppliedTemplate(mine, container: "web")
        #expect(whole.replacement(in: mine) == nil)
        #expect(whole.replacement(in: ours) == nil)
        #expect(
            whole.replacement(in: other)
                == "replaced by another hand: the template of the pods was changed besides the image")
        // One that only wrote its name took nothing over.
        let named = workload(sequence: 8, rollout: "job7", image: "web@sha256:2", newest: "job8")
        #expect(applied.replacement(in: named) == nil)
    }

    @Test func whatStillServesIsPutBackBeforeWhatIsNewer() {
        func revision(_ number: Int64, _ serves: Bool, image: String = "web@sha256:0") -> RolloutRevision {
            let container: JSONValue = ["name": "web", "image": .string(image)]
            let patch: [String: JSONValue] = ["spec": ["template": ["spec": ["containers": [container]]]]]
            return RolloutRevision(name: "\(number)", number: number, patch: patch, serves: serves)
        }
        func best(_ revisions: [RolloutRevision], remembered: String? = nil) -> String? {
            var found = workload()
            found.metadata.annotations?[RolloutAnnotation.previous] = remembered.flatMap {
                RolloutOrigin(image: $0, revision: "remembered").text
            }
            return RolloutRevision.best(of: revisions, for: found, container: "web")?.name
        }
        let broken = [revision(4, false, image: "web@sha256:1"), revision(5, false)]
        #expect(best([revision(4, true), revision(5, false), revision(3, true)], remembered: "web@sha256:1") == "4")
        #expect(best(broken) == "5")
        // As the cluster keeps it, where it does.
        #expect(best(broken, remembered: "web@sha256:1") == "4")
        #expect(best(broken, remembered: "web@sha256:9") == "remembered")
        #expect(best([]) == nil)
        #expect(best([], remembered: "web@sha256:1") == "remembered")
    }

    @Test func whatWasWellIsRememberedUntilSomethingElseIs() throws {
        func origin(_ workload: WorkloadObject) -> RolloutOrigin? {
            RolloutOrigin(before: workload, kind: .deployment, container: "web")
        }
        let well = workload(rollout: "job5")
        let remembered = RolloutOrigin(image: "web@sha256:1", revision: "3", rollout: "job5")
        #expect(origin(well) == remembered)
        // Taken over while it is broken: what it broke is to come back, not what broke it.
        var broken = workload(rollout: "job6", image: "web@sha256:broken")
        broken.status?.availableReplicas = 0
        #expect(RolloutOrigin.problem(in: broken) == nil)
        broken.metadata.annotations?[RolloutAnnotation.previous] = remembered.text
        #expect(remembered.text == #"{"image":"web@sha256:1","revision":"3","rollout":"job5"}"#)
        #expect(origin(broken) == remembered && RolloutOrigin.problem(in: broken) == nil)
        broken.metadata.annotations?[RolloutAnnotation.previous] = "not ours"
        #expect(origin(broken)?.image == "web@sha256:broken")
        #expect(RolloutOrigin.problem(in: broken)?.contains("\(RolloutAnnotation.previous) is not understood") == true)
        let expected: [String: JSONValue] = [
            "spec": [
                "template": [
                    "metadata": ["annotations": ["slipway.dev/rollout": "job5", "slipway.dev/commit": .null]],
                    "spec": ["containers": [["name": "web", "image": "web@sha256:1"]]],
                ]
            ]
        ]
        #expect(remembered.revision(of: broken, container: "web").patch == expected)
    }

    @Test func aPartOfTheTimeIsKeptForTheUndo() {
        let short = RolloutTime(timeout: 80, job: 3600, soak: nil, standard: .seconds(600), undoes: true)
        #expect(short == RolloutTime(allowed: .seconds(58), undo: .seconds(20)))
        let kept = RolloutTime(timeout: 80, job: 3600, soak: nil, standard: .seconds(600), undoes: false)
        #expect(kept == RolloutTime(allowed: .seconds(78), undo: .zero))
        let soaking = RolloutTime(timeout: nil, job: 3600, soak: 60, standard: .seconds(600), undoes: true)
        #expect(soaking == RolloutTime(allowed: .seconds(660), undo: .seconds(120)))
        let tight = RolloutTime(timeout: nil, job: 400, soak: nil, standard: .seconds(600), undoes: true)
        #expect(tight == RolloutTime(allowed: .seconds(298), undo: .seconds(100)))
    }

    @Test func theHashOfAReplicaSetIsLeftBehind() {
        let template: JSONValue = ["metadata": ["labels": ["app": "web", "pod-template-hash": "6d4"]], "spec": [:]]
        #expect(
            RolloutRevision.whole(template)
                == ["$patch": "replace", "metadata": ["labels": ["app": "web"]], "spec": [:]])
    }
}

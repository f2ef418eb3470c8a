import Contracts
import PipelineLanguage
import Testing

@testable import Deployer

@Suite struct RolloutDecisionTests {
    private func wish(sequence: Int64? = 7, container: String = "web") -> RolloutWish {
        RolloutWish(
            workload: Workload(kind: .deployment, name: "web"), namespace: "shop", container: container,
            image: "web@sha256:2", sequence: sequence, job: JobID(rawValue: "job7"), run: RunID(rawValue: "run7"),
            commit: "abc", cause: "run run7")
    }

    private func workload(
        sequence: Int64? = nil, rollout: String? = nil, image: String = "web@sha256:1", undone: String? = nil
    ) -> WorkloadObject {
        var workload = RolloutStatusTests.workload()
        workload.metadata.resourceVersion = "41"
        workload.metadata.annotations = [RolloutAnnotation.run: "run6"]
        workload.metadata.annotations?[RolloutAnnotation.sequence] = sequence.map { "\($0)" }
        workload.metadata.annotations?[RolloutAnnotation.undone] = undone
        workload.spec.template.spec.containers[0].image = image
        if let rollout {
            workload.spec.template.metadata = .init(annotations: [RolloutAnnotation.rollout: rollout])
        }
        return workload
    }

    private func refusal(_ decision: RolloutDecision) -> String? {
        if case .refuse(let reason) = decision { reason } else { nil }
    }

    @Test func changesOnlyWhatItMustAndNamesTheVersionItRead() throws {
        guard case .patch(let patch) = RolloutDecision(wish(), on: workload(sequence: 6)) else {
            Issue.record("no patch")
            return
        }
        let expected: JSONValue = [
            "metadata": [
                "annotations": [
                    "slipway.dev/sequence": "7", "slipway.dev/run": "run7", "slipway.dev/commit": "abc",
                    "kubernetes.io/change-cause": "run run7",
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
        let reason = refusal(RolloutDecision(wish(), on: workload(sequence: 8)))
        #expect(
            reason == "a newer rollout (run run6) was put on deployment/web in namespace shop: number 8, this one is 7")
    }

    @Test func theSameOneIsOnlyWatched() {
        let decision = RolloutDecision(wish(), on: workload(sequence: 7, rollout: "job7", image: "web@sha256:2"))
        #expect(decision == .resume)
    }

    @Test func theSameNumberByAnotherHandIsNotTakenForOurs() {
        #expect(
            refusal(RolloutDecision(wish(), on: workload(sequence: 7, rollout: "else")))?.contains("another hand")
                == true)
        let image = workload(sequence: 7, rollout: "job7", image: "web:by-hand")
        #expect(refusal(RolloutDecision(wish(), on: image))?.contains("another hand") == true)
    }

    @Test func whatWasUndoneIsNotDoneAgain() {
        let decision = RolloutDecision(wish(), on: workload(sequence: 7, rollout: "job6", undone: "job7"))
        #expect(refusal(decision)?.contains("was undone") == true)
    }

    @Test func withoutANumberItGoesByTheJob() {
        let resumed = workload(rollout: "job7", image: "web@sha256:2")
        #expect(RolloutDecision(wish(sequence: nil), on: resumed) == .resume)
        if case .patch = RolloutDecision(wish(sequence: nil), on: workload(sequence: 99)) {
        } else {
            Issue.record("nobody counts, so nothing is older")
        }
    }

    @Test func aContainerThatIsNotThereIsAnsweredWithThoseThatAre() {
        #expect(
            refusal(RolloutDecision(wish(container: "api"), on: workload()))
                == "deployment/web in namespace shop has no container “api”; it has: web")
    }

    @Test func theHashOfAReplicaSetIsLeftBehind() {
        let template: JSONValue = ["metadata": ["labels": ["app": "web", "pod-template-hash": "6d4"]], "spec": [:]]
        #expect(RolloutUndo.withoutHash(template) == ["metadata": ["labels": ["app": "web"]], "spec": [:]])
    }
}

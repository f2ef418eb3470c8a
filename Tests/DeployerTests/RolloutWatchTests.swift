import Contracts
import PipelineLanguage
import Testing

@testable import Deployer
@testable import Kubernetes

@Suite struct RolloutWatchTests {
    private let start = ContinuousClock.now
    private static let digest = "sha256:" + String(repeating: "1", count: 64)
    private static let image = "registry.example/web@\(digest)"

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    private func watch(
        allowed: Int = 600, soak: Int = 0, kind: Workload.Kind = .deployment, isUndo: Bool = false,
        isUnchanged: Bool = false
    ) -> RolloutWatch {
        var patience = RolloutWatch.Patience()
        patience.soak = .seconds(soak)
        return RolloutWatch(
            kind: kind, applied: AppliedTemplate(mark: "job1", container: "web", image: Self.image), startedAt: start,
            wall: wall, allowed: .seconds(allowed), patience: patience, isUndo: isUndo,
            isUnchanged: isUnchanged)
    }

    private let wall = Timestamp(milliseconds: 1_800_000_000_000)

    private func workload(
        replicas: Int = 2, image: String = Self.image, mark: String = "job1",
        _ change: (inout WorkloadObject.Status) -> Void = { _ in }
    ) -> WorkloadObject {
        var workload = RolloutStatusTests.workload(replicas: replicas, change)
        workload.spec.template.metadata = .init(annotations: [RolloutAnnotation.rollout: mark])
        workload.spec.template.spec.containers[0].image = image
        return workload
    }

    private func done(replicas: Int = 1) -> WorkloadObject {
        workload(replicas: replicas) {
            $0.updatedReplicas = replicas
            $0.replicas = replicas
            $0.readyReplicas = replicas
            $0.availableReplicas = replicas
        }
    }

    private func pod(
        _ name: String = "web-new-1", mark: String = "job1", phase: String = "Pending", ready: Bool = false,
        probe: Bool = false, container: PodObject.ContainerStatus? = nil,
        conditions: [WorkloadObject.Condition] = []
    ) -> PodObject {
        var metadata = ObjectMetadata()
        metadata.name = name
        metadata.uid = "uid-\(name)"
        metadata.annotations = [RolloutAnnotation.rollout: mark]
        let all = conditions + (ready ? [.init(type: "Ready", status: "True")] : [])
        var spec = WorkloadObject.PodSpec(containers: [.init(name: "web", image: Self.image)])
        if probe { spec.containers[0].readinessProbe = .init() }
        return PodObject(
            metadata: metadata, spec: spec,
            status: .init(phase: phase, conditions: all, containerStatuses: container.map { [$0] }))
    }

    private func running(
        restarts: Int = 0, since: String = "2027-01-15T08:00:00Z", digest: String = Self.digest
    ) -> PodObject.ContainerStatus {
        .init(
            name: "web", ready: true, restartCount: restarts,
            imageID: "docker-pullable://registry.example/web@\(digest)",
            state: .init(running: .init(startedAt: since)))
    }

    private func well(
        _ name: String = "web-new-1", probe: Bool = false, container: PodObject.ContainerStatus? = nil
    ) -> PodObject {
        pod(name, phase: "Running", ready: true, probe: probe, container: container ?? running())
    }

    private func waiting(_ reason: String, _ message: String? = nil, restarts: Int = 0) -> PodObject.ContainerStatus {
        .init(
            name: "web", ready: false, restartCount: restarts,
            state: .init(waiting: .init(reason: reason, message: message)),
            lastState: restarts > 0 ? .init(terminated: .init(exitCode: 1)) : nil)
    }

    private func failure(_ actions: [RolloutWatch.Action]) -> RolloutWatch.Failure? {
        for case .failed(let failure) in actions { return failure }
        return nil
    }

    // MARK: - Success

    @Test func tellsEachStateOnceAndEnds() {
        var rollout = watch()
        let busy = workload {
            $0.updatedReplicas = 1
            $0.replicas = 2
        }
        let line = "Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated..."
        #expect(rollout.handle(.workload(busy), at: at(1)) == [.write(line)])
        #expect(rollout.handle(.workload(busy), at: at(2)) == [])
        #expect(rollout.handle(.pod(pod()), at: at(2)) == [.write("pod web-new-1: waits for a node")])
        #expect(rollout.handle(.pod(well(probe: true)), at: at(3)) == [.write("pod web-new-1: ready")])
        #expect(
            rollout.handle(.workload(done()), at: at(4)) == [
                .write("deployment \"web\" successfully rolled out"), .succeeded,
            ])
        #expect(rollout.handle(.workloadDeleted, at: at(5)) == [])
    }

    @Test func whatHadTheImageBeforeIsNotSaidToBeRolledOut() {
        var rollout = watch(isUnchanged: true)
        var unseen = done()
        unseen.metadata.generation = 4
        #expect(rollout.handle(.workload(unseen), at: at(1)) == [])
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        let revision = done().revision
        #expect(rollout.handle(.workload(done()), at: at(2)) == [.findPods(revision: revision)])
        #expect(
            rollout.handle(.revision(revision, hash: nil), at: at(2)) == [
                .write("deployment/web is well as it is"), .succeeded,
            ])
        // What another hand began is.
        rollout = watch(isUnchanged: true)
        _ = rollout.handle(.workload(workload()), at: at(1))
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        #expect(!rollout.handle(.workload(done()), at: at(2)).contains(.succeeded))
        let ended = rollout.handle(.revision(revision, hash: nil), at: at(2))
        #expect(ended == [.write("deployment \"web\" successfully rolled out"), .succeeded])
    }

    @Test("where the template was left as it was, pods of an earlier revision and of other workloads do not count")
    func othersPods() {
        func of(_ set: String, _ hash: String, _ pod: PodObject) -> PodObject {
            var pod = pod
            pod.metadata.labels = ["pod-template-hash": hash]
            pod.metadata.ownerReferences = [.init(kind: "ReplicaSet", name: set, uid: set, controller: true)]
            return pod
        }
        let crash = PodObject.ContainerStatus(
            name: "web", restartCount: 3,
            state: .init(waiting: .init(reason: "CrashLoopBackOff", message: "back-off")))
        let canary = of("web-canary-5", "5", pod("web-canary-5-x", container: crash))
        let before = of("web-1", "1", pod("web-1-x", container: crash))
        var healthy = well(probe: true)
        healthy = of("web-2", "2", healthy)
        var rollout = watch(isUnchanged: true)
        let revision = done().revision
        #expect(rollout.handle(.pods([canary, before, healthy]), at: at(1)) == [])
        #expect(rollout.handle(.workload(done()), at: at(1)) == [.findPods(revision: revision)])
        #expect(rollout.handle(.revision(revision, hash: "2"), at: at(2)).contains(.succeeded))
        // Also where the mark tells revisions apart, another workload's pods may have none or the same.
        rollout = watch()
        _ = rollout.handle(.workload(done()), at: at(1))
        let actions = rollout.handle(.pods([canary, healthy]), at: at(2))
        #expect(actions.contains(.succeeded), "\(actions)")
    }

    @Test func itIsNoSuccessBeforeThePodsAreSeen() {
        var rollout = watch()
        #expect(!rollout.handle(.workload(done()), at: at(1)).contains(.succeeded))
        #expect(rollout.handle(.pods([well(probe: true)]), at: at(2)).contains(.succeeded))
    }

    @Test func withoutAProbeAContainerHasToStayUp() {
        var rollout = watch()
        _ = rollout.handle(.pods([well()]), at: at(1))
        #expect(!rollout.handle(.workload(done()), at: at(2)).contains(.succeeded))
        #expect(rollout.nextTick(after: at(2)) == at(11))
        #expect(rollout.handle(.tick, at: at(11)).contains(.succeeded))
    }

    @Test func aStartupProbeShowsThatItCameUp() {
        var rollout = watch()
        var pod = well()
        pod.spec?.containers[0].startupProbe = .init()
        _ = rollout.handle(.pods([pod]), at: at(1))
        #expect(rollout.handle(.workload(done()), at: at(2)).contains(.succeeded))
    }

    @Test func oneThatWasStartedAgainHasToStayUpLonger() {
        var rollout = watch()
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        _ = rollout.handle(.pod(pod(container: waiting("CrashLoopBackOff", restarts: 1))), at: at(2))
        let again = running(restarts: 1, since: "2027-01-15T08:00:05Z")
        _ = rollout.handle(.pod(well(probe: true, container: again)), at: at(5))
        #expect(!rollout.handle(.workload(done()), at: at(15)).contains(.succeeded))
        #expect(!rollout.handle(.tick, at: at(24)).contains(.succeeded))
        #expect(rollout.handle(.tick, at: at(25)).contains(.succeeded))
    }

    @Test func oneThatHasRunForLongNeedsNoMoreOfIt() {
        var rollout = watch()
        // The wall clock says 08:00 when the watch begins.
        let long = running(restarts: 40, since: "2027-01-14T08:00:00Z")
        _ = rollout.handle(.pods([well(container: long)]), at: at(0))
        #expect(rollout.handle(.workload(done()), at: at(0)).contains(.succeeded))
        var other = watch()
        // A clock that is a little off makes nobody older.
        _ = other.handle(.pods([well(container: running(since: "2027-01-15T07:59:30Z"))]), at: at(0))
        #expect(!other.handle(.workload(done()), at: at(0)).contains(.succeeded))
    }

    @Test func aSoakHasToBeSpentWell() {
        var rollout = watch(soak: 60)
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        #expect(
            rollout.handle(.workload(done()), at: at(2)) == [.write("all is well; it has to stay so for 60 s")])
        #expect(rollout.nextTick(after: at(40)) == at(62))
        #expect(!rollout.handle(.tick, at: at(61)).contains(.succeeded))
        #expect(rollout.handle(.tick, at: at(62)).contains(.succeeded))
    }

    @Test func whatIsNotHeardProvesNothing() {
        var rollout = watch(allowed: 100, soak: 20)
        _ = rollout.handle(.workload(done()), at: at(1))
        _ = rollout.handle(.pods([well()]), at: at(1))
        let told = rollout.handle(.away(.pods, "no answer"), at: at(10))
        #expect(told == [.write("no answer; the rollout is watched on when that is over")])
        #expect(rollout.handle(.away(.workload, "no answer"), at: at(11)).isEmpty)
        #expect(rollout.handle(.tick, at: at(50)).isEmpty)
        // Half of it is not enough.
        #expect(rollout.handle(.workload(done()), at: at(51)).isEmpty)
        var other = rollout
        #expect(
            failure(other.handle(.tick, at: at(100)))?.reason
                == "the rollout did not come to its end within 100 s; the cluster is not heard: no answer")
        // The soak is spent where it is seen.
        #expect(!rollout.handle(.pods([well()]), at: at(60)).contains(.succeeded))
        #expect(!rollout.handle(.tick, at: at(79)).contains(.succeeded))
        #expect(rollout.handle(.tick, at: at(80)).contains(.succeeded))
    }

    @Test func troubleThatIsNotHeardAnyMoreIsNotJudged() {
        var rollout = watch()
        _ = rollout.handle(.workload(workload()), at: at(1))
        _ = rollout.handle(.pods([pod(container: waiting("ImagePullBackOff", "timeout"))]), at: at(1))
        _ = rollout.handle(.away(.pods, "no answer"), at: at(10))
        #expect(failure(rollout.handle(.tick, at: at(60))) == nil)
        #expect(failure(rollout.handle(.pods([pod()]), at: at(61))) == nil)
    }

    @Test func oneThatIsStartedAgainInItsSoakHasFailed() {
        var rollout = watch(soak: 60)
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        _ = rollout.handle(.workload(done()), at: at(2))
        let ended = PodObject.ContainerStatus(
            name: "web", ready: false, restartCount: 0, state: .init(terminated: .init(exitCode: 3)))
        let failed = failure(rollout.handle(.pod(pod(phase: "Running", container: ended)), at: at(30)))
        #expect(failed?.reason.contains("after it had been well") == true)

        // Also where nothing was heard of it but the count.
        var silent = watch(soak: 60)
        _ = silent.handle(.pods([well(probe: true)]), at: at(1))
        _ = silent.handle(.workload(done()), at: at(2))
        let again = running(restarts: 1, since: "2027-01-15T08:00:30Z")
        #expect(
            failure(silent.handle(.pod(well(probe: true, container: again)), at: at(31)))?.reason
                == "pod web-new-1 was started again after it had been well")
    }

    // MARK: - Ours or none

    @Test func anImageByAnotherHandIsNoSuccessOfOurs() {
        var rollout = watch()
        _ = rollout.handle(.pods([well(probe: true)]), at: at(1))
        var other = done()
        other.spec.template.spec.containers[0].image = "web:by-hand"
        let failed = failure(rollout.handle(.workload(other), at: at(2)))
        #expect(failed?.reason == "replaced by another hand: container web has the image web:by-hand now")
        #expect(failed?.isReplaced == true)
    }

    @Test func anUndoByAnotherHandIsNoSuccessOfOurs() {
        var rollout = watch()
        _ = rollout.handle(.workload(workload()), at: at(1))
        var other = done()
        other.spec.template.metadata = .init(annotations: [RolloutAnnotation.rollout: "job0"])
        #expect(failure(rollout.handle(.workload(other), at: at(2)))?.isReplaced == true)
    }

    /// A pod that runs another digest, and what the runtime says of it.
    private var elsewhere: (pod: PodObject, running: String) {
        let digest = "sha256:" + String(repeating: "9", count: 64)
        return (
            well(probe: true, container: running(digest: digest)), "docker-pullable://registry.example/web@\(digest)"
        )
    }

    @Test func aPodThatRunsSomethingElseIsNone() {
        var rollout = watch()
        let (pod, running) = elsewhere
        _ = rollout.handle(.pods([pod]), at: at(1))
        #expect(rollout.handle(.workload(done()), at: at(2)) == [.compare(running: running)])
        #expect(rollout.handle(.tick, at: at(3)) == [])
        let failed = failure(rollout.handle(.compared(running: running, .different), at: at(4)))
        #expect(failed?.reason.contains("runs another image than was rolled out: \(running)") == true)
        #expect(failed?.isReplaced == false)
    }

    @Test func ofAnIndexThePlatformsManifestCounts() {
        var rollout = watch()
        let (pod, running) = elsewhere
        _ = rollout.handle(.pods([pod]), at: at(1))
        _ = rollout.handle(.workload(done()), at: at(2))
        #expect(rollout.handle(.compared(running: running, .same), at: at(3)).contains(.succeeded))
    }

    @Test func withoutARegistryThePodsOwnSpecificationCounts() {
        let (ours, running) = elsewhere
        var rollout = watch()
        _ = rollout.handle(.pods([ours]), at: at(1))
        _ = rollout.handle(.workload(done()), at: at(2))
        #expect(rollout.handle(.compared(running: running, .unavailable("away")), at: at(3)).contains(.succeeded))

        var rewritten = watch()
        var theirs = ours
        theirs.spec?.containers[0].image = "mirror.example/web:latest"
        _ = rewritten.handle(.pods([theirs]), at: at(1))
        _ = rewritten.handle(.workload(done()), at: at(2))
        #expect(failure(rewritten.handle(.compared(running: running, .unavailable("away")), at: at(3))) != nil)
    }

    @Test func withoutPodsASuccessSaysThatNoneHasShownIt() {
        var rollout = watch()
        let actions = rollout.handle(.workload(done(replicas: 0)), at: at(1))
        #expect(actions.first == .write("no pod is wanted, so none has shown that it runs"))
        #expect(actions.last == .succeeded)
    }

    @Test func aMirrorsNameIsNoOtherImage() {
        var rollout = watch()
        var status = running()
        status.imageID = "mirror.example:5000/cache/web@\(Self.digest)"
        _ = rollout.handle(.pods([well(probe: true, container: status)]), at: at(1))
        #expect(rollout.handle(.workload(done()), at: at(2)).contains(.succeeded))
    }

    // MARK: - Failure

    @Test func podsOfOtherRevisionsDoNotCount() {
        var rollout = watch()
        let old = pod("web-old-1", mark: "job0", container: waiting("CrashLoopBackOff", restarts: 40))
        #expect(rollout.handle(.pods([old]), at: at(1)) == [])
    }

    @Test func podsOfOtherOwnersDoNotCount() {
        var rollout = watch()
        var other = pod("web-batch", container: waiting("CrashLoopBackOff", restarts: 40))
        other.metadata.ownerReferences = [.init(kind: "Job", name: "web-batch", uid: "9", controller: true)]
        #expect(rollout.handle(.pods([other]), at: at(1)) == [])
    }

    @Test func anImageThatIsNotThereFailsAtOnce() {
        var rollout = watch()
        let told = waiting("ErrImagePull", "manifest for web@sha256:1 not found: manifest unknown")
        let failed = failure(rollout.handle(.pod(pod(container: told)), at: at(1)))
        #expect(failed?.reason.contains("manifest unknown") == true)
        #expect(
            failed?.suspects == [
                .init(
                    pod: "web-new-1", uid: "uid-web-new-1", container: "web", hasLog: false,
                    state: failed?.reason ?? "")
            ])
    }

    @Test func aRegistryThatIsAwayForAMomentDoesNot() {
        var rollout = watch()
        let away = pod(container: waiting("ErrImagePull", "dial tcp: i/o timeout"))
        #expect(failure(rollout.handle(.pod(away), at: at(1))) == nil)
        #expect(failure(rollout.handle(.pod(pod(container: waiting("ImagePullBackOff"))), at: at(20))) == nil)
        // Counted from the first of them, by whatever reason it went.
        #expect(failure(rollout.handle(.tick, at: at(30))) == nil)
        #expect(rollout.nextTick(after: at(30)) == at(31))
        #expect(failure(rollout.handle(.tick, at: at(31)))?.reason.contains("cannot be pulled") == true)
    }

    @Test func troubleThatPassesIsForgotten() {
        var rollout = watch()
        _ = rollout.handle(.pod(pod(container: waiting("CreateContainerConfigError", "secret not found"))), at: at(1))
        _ = rollout.handle(.pod(pod(phase: "Running")), at: at(10))
        #expect(failure(rollout.handle(.tick, at: at(40))) == nil)
    }

    @Test func crashesFailTheThirdTimeAndPointAtTheLog() {
        var rollout = watch()
        #expect(
            failure(rollout.handle(.pod(pod(container: waiting("CrashLoopBackOff", restarts: 1))), at: at(5))) == nil)
        let failed = failure(rollout.handle(.pod(pod(container: waiting("CrashLoopBackOff", restarts: 2))), at: at(20)))
        #expect(
            failed?.reason
                == "pod web-new-1: container web: it ends with exit code 1 (CrashLoopBackOff); it was started 3 times")
        #expect(failed?.suspects.map(\.container) == ["web"] && failed?.suspects.map(\.hasLog) == [true])
    }

    @Test func outOfMemoryIsNamed() {
        var rollout = watch()
        var status = waiting("CrashLoopBackOff", restarts: 2)
        status.lastState = .init(terminated: .init(exitCode: 137, reason: "OOMKilled"))
        #expect(failure(rollout.handle(.pod(pod(container: status)), at: at(5)))?.reason.contains("OOMKilled") == true)
    }

    @Test func aPodNoNodeTakesFailsAfterAWhile() {
        var rollout = watch()
        let stuck = pod(conditions: [
            .init(
                type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/1 nodes: Insufficient cpu")
        ])
        #expect(failure(rollout.handle(.pod(stuck), at: at(1))) == nil)
        #expect(failure(rollout.handle(.tick, at: at(91)))?.reason.contains("Insufficient cpu") == true)
    }

    @Test func aQuotaIsTold() {
        var rollout = watch()
        let blocked = workload {
            $0.conditions = [
                .init(type: "ReplicaFailure", status: "True", reason: "FailedCreate", message: "exceeded quota: small")
            ]
        }
        #expect(
            rollout.handle(.workload(blocked), at: at(1)).contains(
                .write("pods cannot be created: exceeded quota: small")))
        #expect(failure(rollout.handle(.tick, at: at(16)))?.reason == "pods cannot be created: exceeded quota: small")
    }

    @Test func theDeadlineIsAbsoluteHoweverMuchMoves() {
        var rollout = watch(allowed: 60)
        for second in 1..<60 {
            let flapping = pod(phase: "Running", ready: second.isMultiple(of: 2))
            #expect(failure(rollout.handle(.pod(flapping), at: at(second))) == nil)
        }
        let failed = failure(rollout.handle(.tick, at: at(60)))
        #expect(
            failed?.reason == "the rollout did not come to its end within 60 s; pod web-new-1: running, not ready yet")
        #expect(failed?.suspects.map(\.container) == [nil] && failed?.suspects.map(\.hasLog) == [true])
    }

    @Test(arguments: [Workload.Kind.statefulset, .daemonset])
    func aDeadlineThatPassesNamesThePodThatDoesNotGoOrThoseThatWereNotMade(kind: Workload.Kind) {
        var old = well("web-1")
        old.metadata.annotations = nil
        old.metadata.deletionTimestamp = "2027-01-15T08:00:30Z"
        old.metadata.uid = "old"
        let busy = workload {
            $0.desiredNumberScheduled = 2
            $0.updatedNumberScheduled = 1
            $0.readyReplicas = 1
        }
        let line =
            kind == .daemonset
            ? "Waiting for daemon set \"web\" rollout to finish: 1 out of 2 new pods have been updated..."
            : "Waiting for 1 pods to be ready..."
        var rollout = watch(allowed: 60, kind: kind)
        _ = rollout.handle(.workload(busy), at: at(1))
        _ = rollout.handle(.pods([old]), at: at(1))
        var unmade = rollout
        var failed = failure(rollout.handle(.tick, at: at(60)))
        #expect(
            failed?.reason == "the rollout did not come to its end within 60 s; \(line); pod web-1: is being ended")
        #expect(
            failed?.suspects == [
                .init(
                    pod: "web-1", uid: "old", container: nil, hasLog: true, isOwn: false,
                    state: "pod web-1: is being ended")
            ])
        _ = unmade.handle(.podDeleted(old), at: at(2))
        failed = failure(unmade.handle(.tick, at: at(60)))
        #expect(
            failed?.reason
                == "the rollout did not come to its end within 60 s; \(line); 0 of 2 new pods have been made")
    }

    @Test func aProgressDeadlineThatPassesSaysWhichPodsKeepIt() {
        var rollout = watch()
        _ = rollout.handle(.pod(pod(container: waiting("ErrImagePull", "dial tcp: i/o timeout"))), at: at(1))
        let overdue = workload {
            $0.conditions = [.init(type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded")]
        }
        let failed = failure(rollout.handle(.workload(overdue), at: at(5)))
        #expect(
            failed?.reason
                == "deployment \"web\" exceeded its progress deadline; pod web-new-1: container web: the image cannot "
                + "be pulled (ErrImagePull): dial tcp: i/o timeout")
        #expect(failed?.suspects.map(\.pod) == ["web-new-1"])
    }

    @Test func aWorkloadThatGoesAwayEndsIt() {
        var rollout = watch()
        #expect(failure(rollout.handle(.workloadDeleted, at: at(1)))?.reason.contains("deleted") == true)
    }

    // MARK: - Stuck

    @Test func aPodInAnErrorMakesItStuckUntilThatPasses() {
        var rollout = watch()
        let told = rollout.handle(.pod(pod(container: waiting("ErrImagePull", "i/o timeout"))), at: at(1))
        #expect(
            told.contains(
                .stuck(
                    "pod web-new-1: container web: the image cannot be pulled (ErrImagePull): i/o timeout")))
        #expect(rollout.handle(.tick, at: at(2)) == [])
        #expect(rollout.handle(.pod(pod(phase: "Running")), at: at(3)).contains(.stuck(nil)))
    }

    @Test func nothingThatMovesForAWhileMakesItStuck() {
        var rollout = watch()
        let line = "Waiting for deployment \"web\" rollout to finish: 0 out of 2 new replicas have been updated..."
        #expect(rollout.handle(.workload(workload { $0.replicas = 1 }), at: at(5)) == [.write(line)])
        #expect(rollout.nextTick(after: at(5)) == at(35))
        #expect(rollout.handle(.tick, at: at(35)) == [.stuck("nothing has moved for a while: \(line)")])
        #expect(rollout.handle(.workload(workload { $0.replicas = 2 }), at: at(36)) == [.stuck(nil)])
    }

    // MARK: - StatefulSet

    private func statefulSet(updated: String = "store-b", current: String = "store-a") -> WorkloadObject {
        workload {
            $0.updateRevision = updated
            $0.currentRevision = current
            $0.readyReplicas = 1
        }
    }

    private func member(_ name: String, revision: String, mark: String = "job0", ready: Bool = false) -> PodObject {
        var member = pod(name, mark: mark, phase: "Running", ready: ready)
        member.metadata.labels = ["controller-revision-hash": revision]
        return member
    }

    @Test func aBrokenPodOfAnotherRevisionIsRemovedOnce() {
        var rollout = watch(kind: .statefulset)
        _ = rollout.handle(.workload(statefulSet()), at: at(1))
        var broken = member("store-1", revision: "store-x")
        broken.status?.containerStatuses = [waiting("ImagePullBackOff")]
        let remove = RolloutWatch.Action.remove(
            pod: "store-1", uid: "uid-store-1",
            reason: "pod store-1: container web: the image cannot be pulled (ImagePullBackOff)")
        #expect(
            rollout.handle(.pods([broken, member("store-0", revision: "store-a", ready: true)]), at: at(2)) == [remove])
        #expect(rollout.handle(.tick, at: at(3)) == [])
        // The one that takes its place is another.
        var next = broken
        next.metadata.uid = "2"
        #expect(rollout.handle(.pod(next), at: at(4)).count == 1)
    }

    @Test func oneThatEndedAndMayComeBackIsLeftAloneAtFirst() {
        var rollout = watch(kind: .statefulset)
        _ = rollout.handle(.workload(statefulSet()), at: at(1))
        var ended = member("store-1", revision: "store-a")
        ended.status?.containerStatuses = [waiting("CrashLoopBackOff", restarts: 1)]
        #expect(rollout.handle(.pods([ended]), at: at(2)) == [])
        ended.status?.containerStatuses = [waiting("CrashLoopBackOff", restarts: 2)]
        #expect(rollout.handle(.pod(ended), at: at(9)).count == 1)
    }

    @Test func oneThatOnlyStartsIsLeftAloneUnlessNothingMoves() {
        var rollout = watch(kind: .statefulset)
        _ = rollout.handle(.workload(statefulSet()), at: at(1))
        #expect(rollout.handle(.pods([member("store-1", revision: "store-a")]), at: at(2)) == [])
        let late = rollout.handle(.tick, at: at(31))
        #expect(
            late.contains(
                .remove(pod: "store-1", uid: "uid-store-1", reason: "pod store-1: running, not ready yet")))
    }

    @Test func anUndoRemovesWhatIsNotReady() {
        var rollout = watch(kind: .statefulset, isUndo: true)
        _ = rollout.handle(.workload(statefulSet(updated: "store-a")), at: at(1))
        let actions = rollout.handle(.pods([member("store-1", revision: "store-b")]), at: at(2))
        #expect(actions == [.remove(pod: "store-1", uid: "uid-store-1", reason: "pod store-1: running, not ready yet")])
    }

    @Test func anUndoIsNotJudgedByTheDeadlineOfWhatItUndoes() {
        var undo = watch(isUndo: true)
        // Of one replica nothing has moved yet: the condition is still that of the broken revision.
        let stale = workload(replicas: 1) {
            $0.updatedReplicas = 1
            $0.replicas = 2
            $0.availableReplicas = 1
            $0.conditions = [.init(type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded")]
        }
        _ = undo.handle(.pods([well()]), at: at(1))
        #expect(failure(undo.handle(.workload(stale), at: at(2))) == nil)
        // What is back has run before, so being ready is enough.
        #expect(undo.handle(.workload(done()), at: at(3)).contains(.succeeded))
    }

    @Test func belowThePartitionTheEarlierRevisionStays() {
        var rollout = watch(kind: .statefulset)
        var partial = statefulSet()
        partial.spec.updateStrategy = .init(type: "RollingUpdate", rollingUpdate: .init(partition: 1))
        _ = rollout.handle(.workload(partial), at: at(1))
        var broken = member("store-0", revision: "store-a")
        broken.status?.containerStatuses = [waiting("ImagePullBackOff")]
        #expect(rollout.handle(.pods([broken]), at: at(2)) == [])
    }
}

import PipelineLanguage
import Testing

@testable import Deployer

@Suite struct RolloutWatchTests {
    private let start = ContinuousClock.now
    private let mark = (key: RolloutAnnotation.rollout, value: "job1")

    private func at(_ seconds: Int) -> ContinuousClock.Instant { start.advanced(by: .seconds(seconds)) }

    private func watch(allowed: Int = 600) -> RolloutWatch {
        RolloutWatch(kind: .deployment, mark: mark, startedAt: start, allowed: .seconds(allowed))
    }

    private func pod(
        _ name: String = "web-new-1", mark: String = "job1", phase: String = "Pending", ready: Bool = false,
        container: PodObject.ContainerStatus? = nil, conditions: [WorkloadObject.Condition] = []
    ) -> PodObject {
        var metadata = ObjectMetadata()
        metadata.name = name
        metadata.annotations = [RolloutAnnotation.rollout: mark]
        let all = conditions + (ready ? [.init(type: "Ready", status: "True")] : [])
        return PodObject(
            metadata: metadata, spec: nil,
            status: .init(phase: phase, conditions: all, containerStatuses: container.map { [$0] }))
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

    @Test func tellsEachStateOnceAndEnds() {
        var rollout = watch()
        let busy = RolloutStatusTests.workload {
            $0.updatedReplicas = 1
            $0.replicas = 2
        }
        let done = RolloutStatusTests.workload {
            $0.updatedReplicas = 2
            $0.replicas = 2
            $0.availableReplicas = 2
        }
        let line = "Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated..."
        #expect(rollout.handle(.workload(busy), at: at(1)) == [.write(line)])
        #expect(rollout.handle(.workload(busy), at: at(2)) == [])
        #expect(rollout.handle(.pod(pod()), at: at(2)) == [.write("pod web-new-1: waits for a node")])
        #expect(rollout.handle(.pod(pod(phase: "Running", ready: true)), at: at(3)) == [.write("pod web-new-1: ready")])
        #expect(
            rollout.handle(.workload(done), at: at(4)) == [
                .write("deployment \"web\" successfully rolled out"), .succeeded,
            ])
        #expect(rollout.handle(.workloadDeleted, at: at(5)) == [])
    }

    @Test func podsOfOtherRevisionsDoNotCount() {
        var rollout = watch()
        let old = pod("web-old-1", mark: "job0", container: waiting("CrashLoopBackOff", restarts: 40))
        #expect(rollout.handle(.pods([old]), at: at(1)) == [])
    }

    @Test func anImageThatIsNotThereFailsAtOnce() {
        var rollout = watch()
        let told = waiting("ErrImagePull", "manifest for web@sha256:1 not found: manifest unknown")
        let failed = failure(rollout.handle(.pod(pod(container: told)), at: at(1)))
        #expect(failed?.reason.contains("manifest unknown") == true)
        #expect(failed?.suspect == .init(pod: "web-new-1", container: "web", hasLog: false))
    }

    @Test func aRegistryThatIsAwayForAMomentDoesNot() {
        var rollout = watch()
        let away = pod(container: waiting("ErrImagePull", "dial tcp: i/o timeout"))
        #expect(failure(rollout.handle(.pod(away), at: at(1))) == nil)
        #expect(failure(rollout.handle(.pod(pod(container: waiting("ImagePullBackOff"))), at: at(20))) == nil)
        // Counted from the first of them, by whatever reason it went.
        #expect(rollout.nextTick == at(31))
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
        #expect(failed?.suspect == .init(pod: "web-new-1", container: "web", hasLog: true))
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
        let blocked = RolloutStatusTests.workload {
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
        #expect(failed?.suspect == .init(pod: "web-new-1", container: nil, hasLog: true))
    }

    @Test func aWorkloadThatGoesAwayEndsIt() {
        var rollout = watch()
        #expect(failure(rollout.handle(.workloadDeleted, at: at(1)))?.reason.contains("deleted") == true)
    }
}

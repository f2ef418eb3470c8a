import Contracts
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Deployer
@testable import Kubernetes

/// What a rollout leaves that is stopped before its end, in a real cluster.
@Suite(.serialized, .timeLimit(.minutes(5))) struct StopTests {
    /// Stops a rollout of an image that never becomes ready once it has changed the workload.
    private func stop(
        _ successor: JobStop.Successor, kind: Workload.Kind = .deployment, undoes: Bool = true, in cluster: TestCluster
    ) async throws -> (outcome: RollbackOutcome?, old: String, new: String, log: MemoryLog) {
        let names = [Workload.Kind.deployment: "Deployment", .statefulset: "StatefulSet", .daemonset: "DaemonSet"]
        let old = try await TestImages.server("one")
        let new = old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
        try await cluster.make(names[kind] ?? "", image: old, replicas: 1)
        let log = MemoryLog()
        var patient = cluster.rollout(
            String(new), kind: kind, undoes: undoes, stopped: JobStop("by ada", successor: successor), log: log)
        // It does not fail by itself.
        patient.patience.factor = 1000
        let rollout = patient
        let running = Task { try await rollout.run() }
        try await eventually("the change") { try await image(of: kind, in: cluster) == new }
        running.cancel()
        let stopped = await #expect(throws: RolloutStopped.self) { try await running.value }
        return (stopped?.outcome, old, String(new), log)
    }

    private func image(of kind: Workload.Kind, in cluster: TestCluster) async throws -> String {
        try await cluster.field("{.spec.template.spec.containers[0].image}", of: "\(kind)/web")
    }

    @Test(arguments: Workload.Kind.allCases)
    func oneThatIsCancelledIsUndoneToTheEnd(kind: Workload.Kind) async throws {
        try await TestCluster.with { cluster in
            let (outcome, old, _, log) = try await stop(.nobody, kind: kind, in: cluster)
            #expect(outcome == .rolledBack("rolled back to revision 1"))
            #expect(log.lines.last == "rolled back to revision 1")
            #expect(try await image(of: kind, in: cluster) == old)
            #expect(try await cluster.images() == [old])
            #expect(
                try await cluster.field("{.metadata.annotations.kubernetes\\.io/change-cause}", of: "\(kind)/web")
                    == "rolled back to revision 1 after shop/web#job1 was stopped")
        }
    }

    @Test func whatIsNotUndoneIsSaid() async throws {
        try await TestCluster.with { cluster in
            let (outcome, _, new, log) = try await stop(.nobody, undoes: false, in: cluster)
            let words =
                "the workload is left as it is: deployment/web in namespace \(cluster.namespace) has the image "
                + "\(new) in container web"
            #expect(outcome == .notRolledBack(words))
            #expect(log.lines.last == words)
            #expect(try await image(of: .deployment, in: cluster) == new)
        }
    }

    @Test(arguments: [
        (JobStop.Successor.attempt, "the next attempt of the job goes on with it"),
        (.rollout(of: "shop/web#2"), "it is left to shop/web#2"),
    ])
    func oneThatSomebodyGoesOnWithIsLeftToIt(successor: JobStop.Successor, words: String) async throws {
        try await TestCluster.with { cluster in
            let (outcome, _, new, log) = try await stop(successor, in: cluster)
            let line =
                "\(words): deployment/web in namespace \(cluster.namespace) has the image \(new) in container web"
            #expect(outcome == .notRolledBack(line))
            #expect(log.lines.last == line)
            #expect(try await image(of: .deployment, in: cluster) == new)
        }
    }

    @Test func oneThatANewerRolloutTakesOverInItsUndoSaysSo() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let missing = old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
            try await cluster.make(image: old, replicas: 1)
            var patient = cluster.rollout(String(missing), stopped: JobStop("by ada"), log: MemoryLog())
            patient.patience.factor = 1000
            let rollout = patient
            let running = Task { try await rollout.run() }
            try await eventually("the change") { try await image(of: .deployment, in: cluster) == missing }
            let newer = cluster.rollout(new, job: "job2", sequence: 2, log: MemoryLog())
            var mayHaveBegun = false
            _ = try await RolloutStart(
                client: cluster.client, request: newer.request, path: newer.path, undoes: true,
                deadline: .now.advanced(by: .seconds(60)), log: MemoryLog(), logger: cluster.logger
            ).run(&mayHaveBegun)
            running.cancel()
            // It may see that before it is stopped.
            let stopped = await #expect(throws: (any Error).self) { try await running.value }
            let said = stopped.map { "\($0)" } ?? ""
            #expect(said.contains("the newer rollout of shop/web#job2"), "\(said)")
            #expect(!said.contains("; rolled back"))
            #expect(try await image(of: .deployment, in: cluster) == new)
        }
    }

    @Test func oneThatIsStoppedBeforeItsChangeSaysThatNothingWasChanged() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            var access = cluster.client.access
            access.server = "https://127.0.0.1:\(try LoopbackPort.free())"
            let log = MemoryLog()
            let rollout = cluster.rollout(
                old, client: .init(access: access, http: cluster.http, logger: cluster.logger),
                stopped: JobStop("by ada"), log: log)
            let running = Task { try await rollout.run() }
            try await eventually("the first try") { log.text.contains("trying again") }
            running.cancel()
            let stopped = await #expect(throws: RolloutStopped.self) { try await running.value }
            #expect(stopped?.outcome == .notRolledBack("nothing was changed"))
        }
    }
}

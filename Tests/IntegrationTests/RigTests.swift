import Glibc
import SystemPackage
import TestSupport
import Testing

/// The parts that tests start, themselves.
@Suite(
    .enabled(if: geteuid() == 0, "a kubelet needs root"),
    .enabled(if: TestEnvironment.optional("SLIPWAY_TEST_KUBECONFIG") != nil, "the programs of Kubernetes are there"),
    .timeLimit(.minutes(10)))
struct RigTests {
    @Test("an API server that ended alone is started again beside what still runs")
    func anAPIServerThatEndedAloneIsStarted() async throws {
        // The paths of sockets are short.
        let folder = "/tmp/slipway-rig-\(UInt16.random(in: .min ... .max))"
        let (rig, parts) = ("\(SourceTree.root)/Tests/Rig", "\(folder) docker kubernetes")
        func shell(_ script: String) async throws -> String {
            try await runTool("bash", ["-ec", "unset SLIPWAY_TEST_DOCKER_SOCKET; cd /; \(script)"])
        }
        func others() async throws -> String {
            let names = "etcd.pid scheduler.pid controller-manager.pid kubelet.pid"
            return try await shell("cd \(folder)/kubernetes/run; cat \(names)")
        }
        let result: Result<Void, any Error>
        do {
            _ = try await shell("\(rig)/up \(parts)")
            let before = try await others()
            let pid = "\(folder)/kubernetes/run/apiserver.pid"
            _ = try await shell(". \(rig)/common; stop_now \(pid)")
            _ = try await shell("\(rig)/up \(parts)")
            #expect(try await others() == before)
            let nodes = try await shell("kubectl --kubeconfig \(folder)/kubernetes/admin.kubeconfig get nodes")
            #expect(nodes.contains(" Ready "), "\(nodes)")
            result = .success(())
        } catch {
            result = .failure(error)
        }
        _ = try await shell("\(rig)/down \(folder) --purge; rm -rf \(folder)")
        try result.get()
    }
}

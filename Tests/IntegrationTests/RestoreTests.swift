import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// The machine of the platform is lost, and an older backup takes its place on an empty one, while everything else runs on.
@Suite struct RestoreTests {
    @Test(.timeLimit(.minutes(8)))
    func `A backup made in the middle of a run goes on where it was, on an empty machine`() async throws {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        let heads = ["SLIPWAY_MISSED_PUSHES_INTERVAL": "1s", "SLIPWAY_MISSED_PUSHES_PATIENCE": "1s"]
        try await Cluster.withNamespace { cluster in
            try await Stack.with(settings: ["pipeline": heads]) { stack in
                try await lose(stack, cluster, "\(registry)/shop/web-\(cluster.namespace)", registry)
            }
        }
    }

    private func lose(_ stack: Stack, _ cluster: Cluster, _ image: String, _ registry: String) async throws {
        let platform = stack.platform
        try await platform.addRegistryLogin(registry)
        try await cluster.deploy("web", replicas: 1)
        try await platform.putEnvironment(
            "production",
            EnvironmentRules(
                namespaces: [cluster.namespace], workloads: ["deployment/web"], repositories: ["shop/web"]))
        try await platform.putComponent("kept", #"[{"step": "work", "commands": ["true"]}]"#)
        let secret = try await platform.send(.put, "secrets/word", SecretRequest(value: "hush"))
        #expect(secret.status == 201 || secret.status == 200, "\(secret.text)")
        let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
        let gate = stack.directory.appending("gate").string
        func push(_ version: String) async throws -> String {
            try await repository.push(
                Self.files(version, gate: gate, image: image, namespace: cluster.namespace),
                message: "Version \(version)", copying: ["busybox": "/bin/busybox"])
        }
        let pipeline = try stack.service("pipeline")
        let first = try await push("one")
        let one = try await platform.finishedRun("shop/web", commit: first, within: .seconds(120))
        #expect(one.summary.state == .success, "\(one)")
        try await eventually(within: .seconds(60), every: .seconds(1), "the heads are known") {
            try await pipeline.command(["database", "check"]).text.contains("  heads: 1")
        }

        // The second one is at work while the backup is made.
        try writeFile(FilePath(gate), "closed")
        let second = try await push("two")
        try await eventually(within: .seconds(60), "it works") {
            try await platform.runs("shop/web").first { $0.commit?.sha == second }?.state == .running
        }
        let archive = stack.directory.appending("backup.tar").string
        let made = try await pipeline.command(["backup", "--to", archive])
        #expect(made.code == .exited(0) && made.text.contains("2 runs"), "\(made.text)")
        // What comes after it is lost: the end of that run, and a run with its rollout.
        try await runTool("rm", [gate])
        #expect(
            try await platform.finishedRun("shop/web", commit: second, within: .seconds(120)).summary.state == .success)
        let third = try await push("three")
        let lost = try await platform.finishedRun("shop/web", commit: third, within: .seconds(120))
        #expect(lost.summary.state == .success && lost.summary.number == 3, "\(lost)")
        try await pipeline.kill()

        let database = TestDatabase.isPostgreSQL ? try await TestDatabase.makeSchema() : nil
        let data = stack.directory.appending("elsewhere")
        let other = await pipeline.replica(
            ["SLIPWAY_DATA": data.string].merging(database?.settings ?? [:]) { $1 },
            log: stack.directory.appending("elsewhere.log"))
        let restored = try await other.command(["restore", "--from", archive])
        #expect(restored.code == .exited(0) && restored.text.contains("the next one is #201"), "\(restored.text)")
        let again = try await other.command(["restore", "--from", archive])
        #expect(again.code == .exited(1) && again.text.contains("is in use"), "\(again.text)")
        try await other.start()
        do {
            try await stack.ready()
            // The push whose hook was lost is made up, with a number that none had, and rolls out after those that were lost.
            let madeUp = try await platform.finishedRun("shop/web", commit: third, within: .seconds(120))
            #expect(madeUp.summary.madeUp == true && madeUp.summary.number == 201, "\(madeUp)")
            #expect(madeUp.summary.state == .success && madeUp.summary.id != lost.summary.id, "\(madeUp)")
            let runs = try await platform.runs("shop/web").sorted { $0.number < $1.number }
            #expect(runs.map(\.number) == [1, 2, 201] && runs[0] == one.summary)
            #expect(runs[1].state == .cancelled && runs[1].reason?.contains("restored from the backup") == true)
            #expect(try await platform.log(one.summary.id, 1).contains("testing one"))
            #expect(try await platform.send(.get, "components/kept").status == 200)
            let fourth = try await push("four")
            let next = try await platform.finishedRun("shop/web", commit: fourth, within: .seconds(120))
            #expect(next.summary.state == .success && next.summary.number == 202, "\(next)")
            let reference = next.stages.flatMap(\.steps).first { $0.name == "image" }?.outputs["reference"]
            #expect(try await cluster.image(of: "web") == reference)
            let parked: Page<DeadLetterView> = try await platform.send(.get, "dead").decode()
            #expect(parked.items == [])

            // The one before it comes back, and is told that its place is taken.
            let admin = try LoopbackPort.free()
            let page = try LoopbackPort.free()
            let old = await pipeline.replica(
                ["SLIPWAY_LISTEN": "127.0.0.1:\(page)", "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(admin)"],
                log: stack.directory.appending("old.log"))
            try await old.start()
            #expect(try await old.exit() != .exited(0))
            #expect(await old.tail().contains("another platform is on this broker"))
        } catch {
            let tail = await other.tail()
            try await other.stop()
            throw TestFailure("\(error)\n\(tail)")
        }
        try await other.stop()
        try await database?.removeSchema()
    }

    private static func files(
        _ version: String, gate: String, image: String, namespace: String
    ) -> [String: String] {
        [
            "Dockerfile": """
            FROM scratch
            COPY busybox /bin/busybox
            COPY index.html /www/index.html
            ENTRYPOINT ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]

            """, "index.html": "version \(version)\n",
            ".slipway.json": """
            { "name": "web",
              "steps": [
                {"step": "test", "environment": {"WORD": {"from_secret": "word"}},
                 "commands": ["echo testing \(version)", "test \\"$WORD\\" = hush",
                              "while [ -e \(gate) ]; do sleep 0.1; done"]},
                {"step": "image",
                 "build": {"context": ".", "repository": "\(image)", "tags": ["${commit.short}"]}},
                {"step": "deploy",
                 "deploy": {"environment": "production", "namespace": "\(namespace)",
                            "workload": "deployment/web", "container": "web"},
                 "when": {"branch": "main"}} ] }
            """,
        ]
    }
}

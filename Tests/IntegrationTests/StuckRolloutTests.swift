import Contracts
import TestSupport
import Testing

/// A push whose rollout never ends does not hold up the push that mends it, on real parts.
@Suite struct StuckRolloutTests {
    @Test func theNextPushTakesOverAtOnce() async throws {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        try await Cluster.withNamespace { cluster in
            try await Stack.with { stack in
                let platform = stack.platform
                try await platform.addRegistryLogin(registry)
                try await cluster.deploy("web", replicas: 1)
                try await platform.putEnvironment(
                    "production",
                    EnvironmentRules(
                        namespaces: [cluster.namespace], workloads: ["deployment/web"], repositories: ["shop/web"]))
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
                let image = "\(registry)/shop/web-\(cluster.namespace)"
                func push(_ version: String, _ program: String) async throws -> String {
                    try await repository.push(
                        Self.files(program, image: image, namespace: cluster.namespace), message: "Version \(version)",
                        copying: ["busybox": "/bin/busybox"])
                }
                let server = #""httpd", "-f", "-p", "8080", "-h", "/""#
                let first = try await push("one", server)
                #expect(
                    try await platform.finishedRun("shop/web", commit: first, within: .seconds(120)).summary.state
                        == .success)
                let good = try await cluster.image(of: "web")
                // From here on a version has to answer, and nothing but Slipway gives one up.
                let probe = """
                    {"spec": {"progressDeadlineSeconds": 600, "template": {"spec": {"containers": [
                      {"name": "web", "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}]}}}}
                    """
                try await cluster.kubectl(["-n", cluster.namespace, "patch", "deployment", "web", "-p", probe])
                try await cluster.kubectl([
                    "-n", cluster.namespace, "rollout", "status", "deployment/web", "--timeout=60s",
                ])

                let broken = try await push("two", #""sleep", "100000""#)
                try await eventually(within: .seconds(90), "the rollout of what never answers") {
                    try await cluster.image(of: "web") != good
                }
                let mended = try await push("three", "\(server), \"-v\"")
                let view = try await platform.finishedRun("shop/web", commit: mended, within: .seconds(150))
                #expect(view.summary.state == .success, "\(view)")
                let given = try await platform.finishedRun("shop/web", commit: broken, within: .seconds(10))
                #expect(given.summary.state == .cancelled)
                let reason = given.summary.reason ?? ""
                #expect(reason.hasPrefix("it was stuck (nothing has moved for a while: Waiting for deployment"))
                #expect(
                    reason.hasSuffix(
                        "and a newer rollout to default/\(cluster.namespace)/deployment/web took its place: shop/web#3"
                    ))
            }
        }
    }

    private static func files(_ program: String, image: String, namespace: String) -> [String: String] {
        [
            "Dockerfile": """
            FROM scratch
            COPY busybox /bin/busybox
            ENTRYPOINT ["/bin/busybox", \(program)]

            """,
            ".slipway.json": """
            { "name": "web",
              "steps": [
                {"step": "image", "build": {"context": ".", "repository": "\(image)", "tags": ["${commit.short}"]}},
                {"step": "release",
                 "deploy": {"environment": "production", "namespace": "\(namespace)",
                            "workload": "deployment/web", "container": "web"}} ] }
            """,
        ]
    }
}

import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// One push carried all the way, on real parts: Git, RabbitMQ, Docker Engine, a registry with a login, Kubernetes.
@Suite struct PushToRolloutTests {
    @Test func clusterEndsUpRunningTheCommitsImage() async throws {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        try await Cluster.withNamespace { cluster in
            try await Stack.with { stack in
                let platform = stack.platform
                try await platform.addRegistryLogin(registry)
                try await cluster.deploy("web", replicas: 2)
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
                let image = "\(registry)/shop/web-\(cluster.namespace)"
                for version in ["one", "two"] {
                    let commit = try await repository.push(
                        files(version: version, image: image, namespace: cluster.namespace),
                        message: "Version \(version)", copying: ["busybox": "/bin/busybox"])
                    let view = try await platform.finishedRun("shop/web", commit: commit, within: .seconds(120))
                    #expect(view.summary.state == .success, "\(view)")

                    let digest = try await Registry.digest(of: image, tag: String(commit.prefix(8)))
                    let steps = view.stages.flatMap(\.steps)
                    #expect(steps.map(\.name) == ["test", "image", "deploy"])
                    #expect(steps.map(\.state) == [.success, .success, .success])
                    #expect(steps[1].outputs["digest"] == digest)
                    #expect(steps[1].outputs["reference"] == "\(image)@\(digest)")
                    #expect(try await cluster.image(of: "web") == "\(image)@\(digest)")
                    try await eventually(within: .seconds(30), "only pods of \(digest) run") {
                        let images = try await cluster.podImages(of: "web")
                        return images.count == 2 && images.allSatisfy { $0.hasSuffix("@\(digest)") }
                    }

                    #expect(try await platform.log(view.summary.id, steps[0].id).contains("testing \(version)"))
                    for step in steps {
                        let log = try await platform.log(view.summary.id, step.id)
                        #expect(Int64(log.utf8.count) == step.logBytes, "\(step.name)")
                        #expect(!log.isEmpty, "\(step.name)")
                    }
                }
            }
        }
    }

    private func files(version: String, image: String, namespace: String) -> [String: String] {
        [
            "Dockerfile": """
            FROM scratch
            COPY busybox /bin/busybox
            COPY index.html /www/index.html
            ENTRYPOINT ["/bin/busybox", "httpd", "-f", "-p", "8080", "-h", "/www"]

            """, "index.html": "version \(version)\n",
            ".slipway.json": """
            { "name": "web", "parameters": {"image": "\(image)"},
              "steps": [
                {"step": "test", "commands": ["echo testing \(version)", "grep -q 'version \(version)' index.html"]},
                {"step": "image",
                 "build": {"context": ".", "repository": "${image}", "tags": ["${commit.short}"]}},
                {"step": "deploy",
                 "deploy": {"environment": "production", "namespace": "\(namespace)",
                            "workload": "deployment/web", "container": "web"},
                 "when": {"branch": "main"}} ] }
            """,
        ]
    }
}

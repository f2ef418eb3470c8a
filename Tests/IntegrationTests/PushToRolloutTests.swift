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
        try await WebhookReceiver.with { told, notifier in
            try await Self.carry(registry, told, ["notifier": notifier])
        }
    }

    private static func carry(
        _ registry: String, _ told: WebhookReceiver, _ settings: [String: [String: String]]
    ) async throws {
        try await Cluster.withNamespace { cluster in
            try await Stack.with(settings: settings) { stack in
                let platform = stack.platform
                try await platform.addRegistryLogin(registry)
                try await cluster.deploy("web", replicas: 2)
                try await platform.putEnvironment(
                    "production",
                    EnvironmentRules(
                        namespaces: [cluster.namespace], workloads: ["deployment/web"], repositories: ["shop/web"],
                        refs: ["refs/heads/main"], events: [.push]))
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
                        #expect(Int64(log.utf8.count) == step.logLength, "\(step.name)")
                        #expect(!log.isEmpty, "\(step.name)")
                    }
                    try await expectEvents(of: view, digest: digest, isFirst: version == "one", told)
                }
            }
        }
    }

    /// Whoever has a webhook receives all that happened in a run, once each.
    private static func expectEvents(
        of view: RunView, digest: String, isFirst: Bool, _ told: WebhookReceiver
    ) async throws {
        let run = view.summary.id
        let commit = try #require(view.summary.commit?.sha)
        let rollout = isFirst ? "service.deployed" : "service.upgraded"
        let standard = [
            "pipelinerun.queued", "build.queued", "pipelinerun.started", "taskrun.started", "taskrun.finished",
            "taskrun.started", "build.started", "build.finished", "artifact.packaged", "artifact.published",
            "taskrun.finished", "taskrun.started", rollout, "taskrun.finished", "pipelinerun.finished",
        ].map { "dev.cdevents.\($0)" }
        let source = ["push.received", "source.synced"].map { "dev.cdeventsx.slipway-\($0)" }
        try await eventually(within: .seconds(20), "all events of run \(run) are told") {
            told.events.filter { $0.data.context.chainId == run.rawValue }.count >= standard.count
        }
        #expect(told.refusals.isEmpty)
        let all = told.events
        #expect(Set(all.map(\.id)).count == all.count, "an event was told twice")
        let events = all.filter { $0.data.context.chainId == run.rawValue }
        #expect(events.map(\.routingKey).sorted() == standard.sorted())
        let queued = try #require(events.first { $0.routingKey.hasSuffix("pipelinerun.queued") })
        let cause = try #require(queued.data.context.links?.first?.target?.contextId)
        let synced = try #require(all.first { $0.id == cause })
        let chain = all.filter { $0.data.context.chainId == synced.data.context.chainId }
        #expect(chain.map(\.routingKey).sorted() == source)
        #expect(chain.allSatisfy { $0.data.subject.content["commit"] == .string(commit) })
        let finished = try #require(events.first { $0.routingKey.hasSuffix("pipelinerun.finished") })
        #expect(finished.data.subject.content["outcome"] == "success")
        let published = try #require(events.first { $0.routingKey.hasSuffix("artifact.published") })
        let artifact = try #require(published.subject)
        #expect(artifact.hasPrefix("pkg:oci/"))
        #expect(artifact.contains("@\(digest.replacing(":", with: "%3A"))"))
        let deployed = try #require(events.first { $0.routingKey.hasSuffix(rollout) })
        #expect(deployed.data.subject.content["artifactId"] == .string(artifact))
    }

    private static func files(version: String, image: String, namespace: String) -> [String: String] {
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

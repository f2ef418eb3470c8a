import Contracts
import FoundationEssentials
import HTTPClient
import TestSupport
import Testing

/// Bad input at every boundary ends as a 4xx or a failed run with a message one can act on, and the next push works.
@Suite struct BadInputTests {
    @Test func hooksThatAreRefused() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let token = try await platform.hookToken("shop/web")
            let push = ["X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": token]
            let body = try repository.hookBody(before: nil, commit: String(repeating: "a", count: 40), message: "x")

            let broken = try await platform.hook(Array("{broken".utf8), headers: push)
            #expect(broken.status == 400 || broken.status == 401, "\(broken.text)")
            let wrong = try await platform.hook(body, headers: push.merging(["X-Gitlab-Token": "wrong"]) { $1 })
            #expect(wrong.status == 401)
            let missing = try await platform.hook(body, headers: ["X-Gitlab-Event": "Push Hook"])
            #expect(missing.status == 401)
            let large = try await platform.hook([UInt8](repeating: 32, count: 30 << 20), headers: push)
            #expect(large.status == 413)
            for answer in [broken, wrong, missing, large] {
                let problem = try Wire.decode(Problem.self, from: Data(answer.body))
                #expect(!problem.code.isEmpty && !problem.message.isEmpty)
            }
            let unsupported = try await platform.hook(
                body, headers: push.merging(["X-Gitlab-Event": "Wiki Page Hook"]) { $1 })
            #expect(unsupported.status == 202, "\(unsupported.text)")
            try await works(repository, stack)
        }
    }

    @Test func requestsThatAreRefused() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let typo = try await platform.send(
                .put, "components/typo", body: Array(#"[{"step": "build", "comands": ["make"]}]"#.utf8))
            #expect((400...422).contains(typo.status))
            #expect(typo.text.contains("comands") && typo.text.contains("commands"), "\(typo.text)")
            let broken = try await platform.send(.put, "components/broken", body: Array("[{".utf8))
            #expect((400...422).contains(broken.status))
            let unknown = try await platform.send(
                .post, "runs", RunRequest(repository: RepositoryPath(rawValue: "no/such")))
            #expect(unknown.status == 404, "\(unknown.text)")
            #expect(unknown.text.contains("no/such"))
            for answer in [typo, broken, unknown] {
                #expect(throws: Never.self) { try Wire.decode(Problem.self, from: Data(answer.body)) }
            }
        }
    }

    @Test func runsThatFailWithAReason() async throws {
        let registry = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
        try await Cluster.withNamespace { cluster in
            try await Stack.with { stack in
                let platform = stack.platform
                let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
                try await cluster.deploy("web", replicas: 1)
                try await platform.putEnvironment(
                    "test",
                    EnvironmentRules(
                        namespaces: [cluster.namespace], workloads: ["deployment/*"], repositories: ["shop/web"]))

                let empty = try await SampleRepository("shop/empty", in: stack.directory, platform: platform)
                try await fails("shop/empty", ref: nil, platform, says: "no commit yet")
                _ = empty
                try await fails("shop/web", ref: nil, platform, says: "no commit yet")

                func failing(_ files: [String: String], _ words: String...) async throws {
                    let commit = try await repository.push(files, copying: ["busybox": "/bin/busybox"])
                    let view = try await platform.finishedRun("shop/web", commit: commit, within: .seconds(90))
                    #expect(view.summary.state == .failure, "\(view)")
                    var text = view.summary.reason ?? ""
                    for step in view.stages.flatMap(\.steps) {
                        text += "\n\(step.reason ?? "")\n\(try await platform.log(view.summary.id, step.id))"
                    }
                    for word in words { #expect(text.contains(word), "“\(word)” is not in: \(text)") }
                }
                try await failing([".slipway.yml": "steps: [unclosed"], ".slipway.yml")
                try await failing(
                    [
                        ".slipway.yml": process(#"{"step": "image", "build": {"repository": "\#(registry)/x"}}"#),
                        "Dockerfile": "FROM scratch\nCOPY missing /\n",
                    ], "missing")
                try await failing(
                    [
                        ".slipway.yml": process(#"{"step": "image", "build": {"repository": "127.0.0.1:1/x"}}"#),
                        "Dockerfile": "FROM scratch\nCOPY busybox /\n",
                    ], "127.0.0.1:1")
                // By digest: nobody has to be asked what it is.
                let pinned = "\(registry)/x@sha256:\(String(repeating: "a", count: 64))"
                let image = #""image": "\#(pinned)", "environment": "test", "namespace": "\#(cluster.namespace)""#
                try await failing(
                    [
                        ".slipway.yml": process(
                            #"{"step": "deploy", "deploy": {\#(image), "workload": "deployment/web", "container": "wbe"}}"#
                        )
                    ], "wbe", "web")
                try await failing(
                    [
                        ".slipway.yml": process(
                            #"{"step": "deploy", "deploy": {\#(image), "workload": "deployment/wob", "container": "web"}}"#
                        )
                    ], "wob")
                let bad = image.replacing(pinned, with: "\(registry)/no-such-image:1")
                try await failing(
                    [
                        ".slipway.yml": process(
                            #"{"step": "deploy", "deploy": {\#(bad), "workload": "deployment/web", "container": "web"}}"#
                        )
                    ], "no-such-image:1")
                let nowhere = image.replacing(#""test""#, with: #""live""#)
                try await failing(
                    [
                        ".slipway.yml": process(
                            #"{"step": "deploy", "deploy": {\#(nowhere), "workload": "deployment/web", "container": "web"}}"#
                        )
                    ], "there is no environment “live”", "slipway environment add live --repo=shop/web --branch=main")
                try await fails("shop/web", ref: "no-such-branch", platform, says: "no-such-branch")
                try await works(repository, stack)
            }
        }
    }

    private func process(_ step: String) -> String { "name: bad\nsteps:\n  - \(step)\n" }

    /// A run by hand that ends with a reason.
    private func fails(_ path: String, ref: String?, _ platform: PlatformClient, says word: String) async throws {
        let summary = try await platform.send(
            .post, "runs", RunRequest(repository: RepositoryPath(rawValue: path), ref: ref)
        ).decode(RunView.self).summary
        try await eventually(within: .seconds(30), "the run of \(path) at \(ref ?? "HEAD") ends") {
            try await platform.run(summary.id).summary.state.isFinal
        }
        let ended = try await platform.run(summary.id).summary
        #expect(ended.state == .failure)
        #expect(ended.reason?.contains(word) == true, "\(ended)")
    }

    private func works(_ repository: SampleRepository, _ stack: Stack) async throws {
        let commit = try await repository.push([".slipway.yml": process(#"{"step": "ok", "commands": ["echo fine"]}"#)])
        let view = try await stack.platform.finishedRun(repository.path, commit: commit)
        #expect(view.summary.state == .success, "\(view)")
    }
}

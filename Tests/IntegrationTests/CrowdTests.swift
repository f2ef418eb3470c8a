import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Many runs at once, while what keeps them is killed.
@Suite(.serialized) struct CrowdTests {
    private static let runs = 200

    /// The pipeline, and PostgreSQL where its state is there, are killed again and again: every run ends well, each step
    /// took place once for each attempt that was granted, and no message was given up.
    @Test(.timeLimit(.minutes(8))) func twoHundredRunsOutliveThePipelineAndItsDatabase() async throws {
        guard TestDatabase.isPostgreSQL else { return try await outlive(nil, [:]) }
        try await PrivatePostgreSQL.with { server in
            try await outlive(server, try await TestDatabase.makeSchema(on: server.url).settings)
        }
    }

    private func outlive(_ server: PrivatePostgreSQL?, _ settings: [String: String]) async throws {
        try await Stack.with(settings: ["pipeline": settings, "builder": ["SLIPWAY_CAPACITY": "16"]]) { stack in
            let effects = stack.directory.appending("effects")
            try await runTool("mkdir", ["-p", effects.string])
            try await stack.platform.putComponent(
                "crowd",
                #"[{"step": "work", "commands": ["echo \"$SLIPWAY_ATTEMPT\" >> \#(effects)/$SLIPWAY_RUN_ID"]}]"#)
            let repository = try await SampleRepository("shop/crowd", in: stack.directory, platform: stack.platform)
            _ = try await repository.commit(["a": "1\n"])
            let request = RunRequest(repository: RepositoryPath(rawValue: repository.path), component: "crowd")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<Self.runs {
                    group.addTask {
                        _ = try await stack.platform.send(.post, "runs", request).decode(RunView.self)
                    }
                }
                try await group.waitForAll()
            }
            for round in 1...3 {
                try await Task.sleep(for: .seconds(1))
                try await stack.service("pipeline").kill()
                if let server, round > 1 {
                    try await server.kill()
                    try await server.start()
                }
                try await stack.service("pipeline").start()
                if let server {
                    try await stack.ready()
                    try await Task.sleep(for: .milliseconds(500))
                    // Under the pipeline's hands.
                    try await server.kill()
                    try await server.start()
                }
            }
            try await stack.ready()
            var views: [RunSummary] = []
            try await eventually(within: .seconds(240), every: .seconds(1), "all runs end") {
                views = try await stack.platform.allRuns(repository.path)
                return views.allSatisfy(\.state.isFinal)
            }
            #expect(views.count == Self.runs)
            #expect(Set(views.map(\.number)) == Set(1...Self.runs))
            for run in views {
                #expect(run.state == .success, "\(run)")
                let file = effects.appending(run.id.rawValue)
                let attempts = try String(contentsOf: URL(filePath: file.string), encoding: .utf8)
                    .split(separator: "\n").map(String.init)
                #expect(Set(attempts).count == attempts.count, "\(run.number): \(attempts)")
            }
            let parked: Page<DeadLetterView> = try await stack.platform.send(.get, "dead").decode()
            #expect(parked.items.isEmpty, "\(parked.items.map(\.reason))")
        }
    }
}

extension PlatformClient {
    /// All pages of a repository's runs.
    fileprivate func allRuns(_ path: String) async throws -> [RunSummary] {
        var runs: [RunSummary] = []
        var next = ""
        while true {
            let page: Page<RunSummary> = try await send(
                .get, "runs?repository=\(path.replacing("/", with: "%2F"))&limit=100\(next)"
            ).decode()
            runs += page.items
            guard let last = page.next else { return runs }
            next = "&before=\(last)"
        }
    }
}

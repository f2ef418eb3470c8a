import Contracts
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// Jobs for labels, with real services.
@Suite(.serialized) struct LabelTests {
    @Test(.timeLimit(.minutes(5))) func jobsForALabelNobodyServesStopNoOtherAndGoWhenABuilderComes() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/gpu", in: stack.directory, platform: stack.platform)
            _ = try await repository.commit(["a": "1\n"])
            let path = RepositoryPath(rawValue: repository.path)
            try await stack.platform.putComponent(
                "train", #"{"node": {"hardware": "gpu"}, "steps": [{"step": "train", "commands": ["true"]}]}"#)
            try await stack.platform.putComponent("plain", #"[{"step": "work", "commands": ["true"]}]"#)
            func start(_ component: String) async throws -> RunView {
                try await stack.platform.send(
                    .post, "runs", RunRequest(repository: path, component: component)
                ).decode()
            }
            func view(_ run: RunID) async throws -> RunView {
                try await stack.platform.send(.get, "runs/\(run)").decode()
            }
            let waiting = try await withThrowingTaskGroup(of: RunID.self, returning: [RunID].self) { group in
                for _ in 0..<450 { group.addTask { try await start("train").summary.id } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for run in waiting {
                try await eventually(within: .seconds(60), "it is planned") {
                    try await view(run).stages.isEmpty == false
                }
            }
            try await eventually(within: .seconds(5), "the reason") {
                try await view(waiting[0]).summary.reason == "no builder serves gpu; there are: default"
            }
            let other = try await start("plain").summary.id
            try await eventually(within: .seconds(20), "the other run's end") {
                try await view(other).summary.state == .success
            }
            _ = try await stack.platform.send(.post, "runs/\(waiting[1])/cancel")
            #expect(try await view(waiting[1]).summary.state == .cancelled)
            let builder = try await stack.service("builder").replica(
                [
                    "SLIPWAY_LABELS": "gpu", "SLIPWAY_ADMIN_LISTEN": "127.0.0.1:\(try LoopbackPort.free())",
                    "SLIPWAY_DATA": stack.directory.appending("builder-gpu").string,
                ], log: stack.directory.appending("builder-gpu.log"))
            try await builder.start()
            do {
                try await eventually(within: .seconds(20), "a builder of the label takes one") {
                    let done: Page<RunSummary> = try await stack.platform.send(.get, "runs?state=success").decode()
                    return done.items.contains { $0.id != other }
                }
            } catch {
                let log = await builder.tail()
                try await builder.stop()
                throw TestFailure("\(error)\n\(log)")
            }
            try await builder.stop()
        }
    }
}

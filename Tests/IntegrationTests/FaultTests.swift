import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// What is promised when machines fail: nothing lost, nothing done twice.
@Suite(.serialized) struct FaultTests {
    private static let lines = 400

    /// Each of the six is killed once, at a random moment of a run, and started again.
    @Test func everyServiceKilledOncePerRun() async throws {
        try await Stack.with { stack in
            let repository = try await prepared(stack)
            var generator = SystemRandomNumberGenerator()
            for round in 1...20 {
                let commit = try await repository.push(["round.txt": "\(round)\n"], message: "Round \(round)")
                for name in Stack.names.shuffled(using: &generator) {
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...400, using: &generator)))
                    let service = try stack.service(name)
                    try await service.kill()
                    try await service.start()
                }
                try await stack.ready()
                let view = try await stack.platform.finishedRun("shop/faults", commit: commit, within: .seconds(90))
                try await check(view, stack, "round \(round)")
            }
        }
    }

    /// The broker is killed in the middle of a run and started again.
    @Test func brokerKilledInTheMiddleOfARun() async throws {
        try await PrivateBroker.with { broker in
            try await Stack.with(brokerURL: broker.url) { stack in
                let repository = try await prepared(stack)
                let other = try await prepared(stack, "other", steps: ["test"])
                // RabbitMQ 3.10 writes down every half second which quorum queues it has: these are to be older.
                try await Task.sleep(for: .seconds(2))
                for round in 1...2 {
                    let commit = try await repository.push(["round.txt": "\(round)\n"], message: "Round \(round)")
                    try await eventually(within: .seconds(30), "the run has begun to log") {
                        guard let summary = try await stack.platform.runs("shop/faults").first else { return false }
                        let view = try await stack.platform.run(summary.id)
                        return view.summary.commit?.sha == commit
                            && view.stages.first?.steps.first.map { $0.logBytes > 0 } == true
                    }
                    try await broker.kill()
                    // Taken all the same: the gateway keeps it until the broker is back.
                    let meanwhile = try await other.push(["round.txt": "\(round)\n"], message: "Meanwhile")
                    try await broker.start()
                    for (repository, commit) in [(repository, commit), (other, meanwhile)] {
                        let view = try await stack.platform.finishedRun(
                            repository.path, commit: commit, within: .seconds(120))
                        try await check(view, stack, "round \(round), \(repository.path)")
                    }
                }
            }
        }
    }

    /// A builder is killed while a step prints and does not come back: the step does not run for ever, what it said is there,
    /// and the run can be cancelled.
    @Test func aBuilderKilledWhileAStepPrints() async throws {
        try await Stack.with { stack in
            try await stack.platform.putComponent(
                "talk",
                #"[{"step": "talk", "commands": ["i=1; while :; do echo line $i; i=$((i+1)); sleep 0.02; done"]}]"#)
            let repository = try await SampleRepository("shop/talk", in: stack.directory, platform: stack.platform)
            try await stack.platform.associate(repository.path, [AssociationView(component: "talk")])
            _ = try await repository.push(["a": "1\n"], message: "Talk")
            func view() async throws -> RunView? {
                guard let summary = try await stack.platform.runs(repository.path).first else { return nil }
                return try await stack.platform.run(summary.id)
            }
            func log() async throws -> [String] {
                guard let view = try await view(), let step = view.stages.first?.steps.first, step.logBytes > 0 else {
                    return []
                }
                return try await stack.platform.log(view.summary.id, step.id).split(separator: "\n").map(String.init)
            }
            try await eventually(within: .seconds(60), "the step prints") { try await log().count > 100 }
            let said = try await log().count
            try await stack.service("builder").kill()
            try await eventually(within: .seconds(20), "the step runs no more") {
                try await view()?.stages.first?.steps.first?.state == .pending
            }
            let waiting = try #require(try await view())
            #expect(waiting.stages[0].steps[0].reason?.contains("as attempt 2") == true, "\(waiting)")
            let lines = try await log().filter { $0.hasPrefix("line ") }
            #expect(lines.count >= said - 1)
            #expect(lines == (1...lines.count).map { "line \($0)" })
            let answer = try await stack.platform.send(.post, "runs/\(waiting.summary.id)/cancel")
            #expect((200...299).contains(answer.status), "\(answer.text)")
            try await eventually(within: .seconds(10), "the run ends") {
                try await view()?.summary.state == .cancelled
            }
            // What it left running ends with the next start.
            try await stack.service("builder").start()
            try await stack.ready()
        }
    }

    /// The run reached its end, each effect took place once per granted attempt, and no line of the log is missing.
    private func check(_ view: RunView, _ stack: Stack, _ what: Comment) async throws {
        #expect(view.summary.state == .success, "\(what): \(view)")
        for step in view.stages.flatMap(\.steps) {
            let file = stack.directory.appending("effects").appending("\(view.summary.id)-\(step.name)")
            let effects = try String(contentsOf: URL(filePath: file.string), encoding: .utf8)
                .split(separator: "\n").map(String.init)
            #expect(Set(effects).count == effects.count, "\(what): \(step.name) ran twice in one attempt: \(effects)")
            #expect(effects.count <= step.attempt, "\(what): \(step.name)")
            #expect(effects.last == "\(step.attempt)", "\(what): \(step.name)")
            let expected = (1...Self.lines).map { "line \($0)" }
            let log = try await stack.platform.log(view.summary.id, step.id).split(separator: "\n").map(String.init)
            #expect(log.filter { $0.hasPrefix("line ") } == expected, "\(what): the log of \(step.name)")
        }
    }

    private func prepared(
        _ stack: Stack, _ name: String = "faults", steps: [String] = ["build", "deploy"]
    ) async throws -> SampleRepository {
        let effects = stack.directory.appending("effects")
        try await runTool("mkdir", ["-p", effects.string])
        let script = """
            echo \\"$SLIPWAY_ATTEMPT\\" >> \(effects)/$SLIPWAY_RUN_ID-$SLIPWAY_STEP; \
            i=1; while [ $i -le \(Self.lines) ]; do echo line $i; i=$((i+1)); [ $((i % 20)) != 0 ] || sleep 0.05; done
            """
        let component = steps.map { #"{"step": "\#($0)", "commands": ["\#(script)"]}"# }.joined(separator: ",")
        try await stack.platform.putComponent(name, "[\(component)]")
        let repository = try await SampleRepository("shop/\(name)", in: stack.directory, platform: stack.platform)
        try await stack.platform.associate(repository.path, [AssociationView(component: name)])
        return repository
    }
}

import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// An installation that moves from a file to PostgreSQL, and `pipeline database`.
@Suite struct DatabaseTests {
    @Test(.enabled(if: !TestDatabase.isPostgreSQL), .timeLimit(.minutes(5)))
    func anInstallationMovesToPostgreSQLAndGoesOn() async throws {
        try await Stack.with { stack in
            let database = try await TestDatabase.makeSchema()
            let pipeline = try stack.service("pipeline")
            let repository = try await SampleRepository("shop/move", in: stack.directory, platform: stack.platform)
            try await stack.platform.putComponent("move", #"[{"step": "work", "commands": ["echo moved"]}]"#)
            _ = try await repository.commit(["a": "1\n"])
            let request = RunRequest(repository: RepositoryPath(rawValue: repository.path), component: "move")
            let first = try await stack.platform.finishedRun(request)
            #expect(first.summary.number == 1)

            func command(_ words: String...) async throws -> (text: String, code: ServiceExit) {
                let log = stack.directory.appending("command-\(UInt32.random(in: 0 ... .max)).log")
                let program = try await ServiceProgram.start("pipeline", pipeline.environment, words, log: log)
                let code = try await program.exit()
                return (try String(contentsOf: URL(filePath: log.string), encoding: .utf8), code)
            }
            // The service still writes.
            let early = try await command("database", "copy", "--to", database.address)
            #expect(early.code != .exited(0))
            #expect(early.text.contains("another pipeline is running"), "\(early.text)")
            try await pipeline.stop()

            let check = try await command("database", "check")
            #expect(check.code == .exited(0), "\(check.text)")
            #expect(check.text.contains("schema: up to date") && check.text.contains("  runs: 1\n"), "\(check.text)")
            let migrate = try await command("database", "migrate")
            #expect(migrate.code == .exited(0) && migrate.text.contains("is up to date"), "\(migrate.text)")
            let copy = try await command("database", "copy", "--to", database.address)
            #expect(copy.code == .exited(0), "\(copy.text)")
            #expect(copy.text.contains("  runs: 1 rows, "), "\(copy.text)")
            let password = try #require(database.address.firstMatch(of: /:([^:@]+)@/)?.output.1)
            #expect(!copy.text.contains(password))
            let second = try await command("database", "copy", "--to", database.address)
            #expect(second.code == .exited(1) && second.text.contains("already"), "\(second.text)")
            for words in [["database"], ["database", "drop"]] {
                let log = stack.directory.appending("wrong.log")
                let program = try await ServiceProgram.start("pipeline", pipeline.environment, words, log: log)
                #expect(try await program.exit() == .exited(2))
                let text = try String(contentsOf: URL(filePath: log.string), encoding: .utf8)
                #expect(text.contains("pipeline database check"), "\(text)")
            }

            let moved = ServiceProcess(
                name: "pipeline",
                environment: pipeline.environment.merging(["SLIPWAY_DATABASE_URL": database.address]) { $1 },
                log: stack.directory.appending("moved.log"))
            try await moved.start()
            do {
                try await stack.ready()
                #expect(try await stack.platform.runs(repository.path).map(\.id) == [first.summary.id])
                #expect(try await stack.platform.log(first.summary.id, 1).contains("moved"))
                let next = try await stack.platform.finishedRun(request)
                #expect(next.summary.number == 2 && next.summary.state == .success, "\(next)")
            } catch {
                let tail = await moved.tail()
                try await moved.stop()
                throw TestFailure("\(error)\n\(tail)")
            }
            try await moved.stop()
            try await database.removeSchema()
        }
    }
}

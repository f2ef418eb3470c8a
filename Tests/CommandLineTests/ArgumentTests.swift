import ArgumentParser
import Contracts
import Testing

@testable import CommandLine

@Suite struct ArgumentTests {
    @Test func everyCommandTeaches() {
        for command in Self.all(Slipway.self) {
            let configuration = command.configuration
            #expect(!configuration.abstract.isEmpty, "\(command) says nothing")
            #expect(configuration.abstract.hasSuffix("."), "\(command): \(configuration.abstract)")
            let help = Slipway.helpMessage(for: command, columns: 100)
            for line in help.split(separator: "\n") where !line.hasPrefix("USAGE") {
                #expect(line.count <= 100, "\(command): \(line)")
            }
        }
    }

    @Test func everyCommandSpeaksJSON() {
        // What prints a schema prints JSON in any case.
        for command in Self.all(Slipway.self)
        where command.configuration.subcommands.isEmpty && command != SchemaCommand.self {
            let help = Slipway.helpMessage(for: command, columns: 100)
            #expect(help.contains("--json"), "\(command)")
        }
    }

    @Test func examplesFitATerminal() {
        for command in Self.all(Slipway.self) {
            for line in command.configuration.discussion.split(separator: "\n") where line.hasPrefix("  ") {
                #expect(line.count <= 80, "\(command): \(line)")
            }
        }
    }

    @Test(arguments: [
        (["rn"], "there is no command “rn”", "did you mean `slipway run`?"),
        (["secret", "ad"], "there is no command “secret ad”", "`slipway secret --help` lists those there are"),
        (["repo", "asociate", "a"], "there is no command “repo asociate”", "did you mean `slipway repo associate`?"),
        (["associate", "a/b"], "there is no command “associate”", "did you mean `slipway repo associate`?"),
        (["set", "A"], "there is no command “set”", "`slipway --help` lists those there are"),
        (["--server", "x", "runs"], "--server goes after the command", "such as: slipway runs --server …"),
    ])
    func aCommandThatThereIsNotIsCalledThat(arguments: [String], message: String, remedy: String) {
        let error = #expect(throws: CommandError.self) { try CommandName.check(arguments) }
        #expect(error?.message == message)
        #expect(error?.remedy == remedy)
        #expect(error?.isUsage == true)
    }

    @Test(arguments: [
        [], ["--help"], ["--version"], ["run", "rn"], ["secret"], ["secret", "--repo", "a/b"], ["help", "run"],
        ["repo", "list"], ["logs", "-f"],
    ])
    func commandsThatThereAreGoOn(arguments: [String]) {
        #expect(throws: Never.self) { try CommandName.check(arguments) }
    }

    @Test func aFreezeIsReadAsItIsWritten() throws {
        func freezes(_ text: String) throws -> [FreezeWindow] {
            try EnvironmentOptions.parse(["--freeze", text]).applied(to: EnvironmentRules()).freezes
        }
        #expect(
            try freezes("weekend: fri 16:00 - mon 08:00 Europe/Berlin")
                == [FreezeWindow(name: "weekend", from: "fri 16:00", until: "mon 08:00", zone: "Europe/Berlin")])
        #expect(
            try freezes("year's end: 2026-12-20 00:00 - 2027-01-02 00:00 America/New_York")
                == [
                    FreezeWindow(
                        name: "year's end", from: "2026-12-20 00:00", until: "2027-01-02 00:00",
                        zone: "America/New_York")
                ])
        #expect(try freezes("") == [])
        for text in ["weekend", "fri 16:00 - mon 08:00 UTC", "night: 22:00-06:00 UTC", "night: 22:00 - UTC"] {
            let error = #expect(throws: CommandError.self) { try freezes(text) }
            #expect(error?.message == "“\(text)” is no freeze")
        }
    }

    @Test func oneRepositorysRulesAreItsOwn() throws {
        let shared = EnvironmentRules(
            containers: ["web"], repositories: ["shop/*"], refs: ["refs/heads/main"], approvals: 1,
            allows: ContainerAllowances(volumes: ["data"]))
        func applied(_ arguments: String...) throws -> EnvironmentRules {
            try EnvironmentOptions.parse(arguments).applied(to: shared)
        }
        // What it may do stays, but for what is given.
        let api = try applied("--for", "shop/api", "--container", "api", "--label", "traefik.*", "--volume", "")
        #expect(
            api.perRepository == [
                "shop/api": RepositoryRules(
                    containers: ["api"], refs: ["refs/heads/main"], allows: ContainerAllowances(labels: ["traefik.*"]))
            ])
        #expect(api.containers == ["web"] && api.allows == shared.allows)
        let other = try applied("--for", "bank/pay", "--container", "pay", "--alias", "p", "--log-driver", "syslog")
        #expect(
            other.perRepository?["bank/pay"]
                == RepositoryRules(
                    containers: ["pay"], allows: ContainerAllowances(aliases: ["p"], logDrivers: ["syslog"])))
        #expect(api.facts.contains { $0.name == "for shop/api" && $0.value.contains("labels: traefik.*") })
        let without = try EnvironmentOptions.parse(["--without", "shop/api"])
        #expect(try without.applied(to: api) == shared)
        #expect(throws: CommandError.self) { try without.applied(to: shared) }
        for given in [
            ["--repo", "a/b"], ["--approvals", "0"], ["--url", ""], ["--pool", "x"], ["--variable", "A=b"],
        ] {
            let options = try EnvironmentOptions.parse(["--for", "shop/api"] + given)
            #expect(throws: CommandError.self) { try options.applied(to: shared) }
        }
    }

    @Test func statesHaveTheWordsThatAreShown() throws {
        for (word, state) in [("failed", RunState.failure), ("failure", .failure), ("waiting", .pending)] {
            let command = try #require(try Slipway.parseAsRoot(["runs", "--state", word]) as? RunsCommand)
            #expect(command.state == state)
        }
    }

    @Test func runTakesEverything() throws {
        let command = try #require(
            try Slipway.parseAsRoot([
                "run", "shop/web", "--ref", "v1", "--event", "promote", "--target", "production", "--component", "web",
                "--param", "a=1", "--param", "b=x=y", "-f",
            ]) as? RunCommand)
        #expect(command.repository == "shop/web")
        #expect(command.ref == "v1")
        #expect(command.event == .promote)
        #expect(command.target == "production")
        #expect(command.parameters == ["a=1", "b=x=y"])
        #expect(command.follow)
    }

    @Test(arguments: [
        ["run"], ["run", "shop/web", "--param", "novalue"], ["run", "shop/web", "--component", "a", "--file", "b"],
        ["runs", "--limit", "0"], ["runs", "--state", "sleeping"], ["dead", "retry"], ["up", "--port", "80"],
        ["up", "--set", "oven:A=1"], ["nonsense"],
    ])
    func wrongCommandLinesAreUsageErrors(arguments: [String]) {
        #expect(throws: (any Error).self) { try Slipway.parseAsRoot(arguments) }
        do {
            _ = try Slipway.parseAsRoot(arguments)
        } catch {
            #expect(Slipway.exitCode(for: error) == .validationFailure)
        }
    }

    @Test func settingsNameTheirService() {
        #expect(StackSetting(argument: "SLIPWAY_LOG_LEVEL=debug")?.service == nil)
        let one = StackSetting(argument: "builder:SLIPWAY_CAPACITY=4")
        #expect(one?.service == "builder")
        #expect(one?.name == "SLIPWAY_CAPACITY")
        #expect(one?.value == "4")
        #expect(StackSetting(argument: "A=http://x:1/?a=b")?.value == "http://x:1/?a=b")
        #expect(StackSetting(argument: "A") == nil)
        #expect(StackSetting(argument: "=1") == nil)
    }

    private static func all(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        [command] + command.configuration.subcommands.flatMap(all)
            + command.configuration.groupedSubcommands.flatMap(\.subcommands).flatMap(all)
    }
}

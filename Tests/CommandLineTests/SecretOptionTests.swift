import ArgumentParser
import Contracts
import Testing

@testable import CommandLine

/// The limits of secrets and logins as people give them.
@Suite struct SecretOptionTests {
    @Test func whatIsGivenTakesThePlaceOfItsKindAndTheRestStays() throws {
        let before = SecretRules(
            refs: ["refs/heads/main"], events: [.push], environments: ["production"], images: ["a"])
        let options = try SecretOptions.parse(["--branch", "x", "--tag", "v*", "--ref", "refs/a", "--environment", ""])
        #expect(
            try options.applied(to: before)
                == SecretRules(refs: ["refs/heads/x", "refs/tags/v*", "refs/a"], events: [.push], images: ["a"]))
        #expect(try SecretOptions.parse(["--branch", ""]).applied(to: before).refs == [])
        #expect(try SecretOptions.parse([]).isEmpty)
        #expect(throws: CommandError.self) { try SecretOptions.parse(["--event", "pushed"]).applied(to: before) }
        #expect(throws: (any Error).self) { try SecretScope.parse(["--repo", "a/b", "--group", "a"]) }
        #expect(try SecretScope.parse(["--group", "shop"]).secret("key").values == ["shop", "key"])
    }

    @Test func aLoginIsForARegistryOrAPathOfIt() throws {
        #expect(
            try RegistryArgument.parse(["harbor.example:5000"]).place() == RegistryPlace(host: "harbor.example:5000"))
        for words in [["harbor.example", "--path", "/shop/"], ["harbor.example/shop"]] {
            #expect(try RegistryArgument.parse(words).place() == RegistryPlace(host: "harbor.example", path: "shop"))
        }
        #expect(throws: CommandError.self) { try RegistryArgument.parse(["https://harbor.example"]).place() }
        func rules(_ words: String...) throws -> RegistryRules {
            try RegistryOptions.parse(words).applied(to: RegistryRules(repositories: ["a/*"], uses: [.push]))
        }
        #expect(try rules("--pull") == RegistryRules(repositories: ["a/*"], uses: [.pull]))
        #expect(try rules("--pull", "--push") == RegistryRules(repositories: ["a/*"]))
        #expect(try rules("--repo", "", "--no-commands") == RegistryRules(uses: [.push], commands: false))
    }
}

import Contracts
import FoundationEssentials
import Testing

@Suite("Identifiers and moments")
struct ValueTests {
    @Test("an identifier sorts by the moment it was made and is never made twice")
    func identifiers() {
        let early = RunID.make(at: Timestamp(milliseconds: 1_000))
        let late = RunID.make(at: Timestamp(milliseconds: 2_000))
        #expect(early < late)
        #expect(early.rawValue.utf8.count == 26)
        #expect(Set((0..<1_000).map { _ in JobID.make() }).count == 1_000)
    }

    @Test(
        "what is no repository path says why",
        arguments: ["", "a//b", "../etc", "a/..", "a/.", "-x/y", "a b", "a.git", "a.lock", "ä/b", "/a", "a/"])
    func badPaths(_ text: String) {
        #expect(RepositoryPath(rawValue: text).problem != nil)
    }

    @Test("repository paths", arguments: ["web", "shop/web", "Group/sub.group/my_repo-1"])
    func goodPaths(_ text: String) {
        #expect(RepositoryPath(rawValue: text).problem == nil)
    }

    @Test("a whole number beyond Int64 keeps its digits")
    func largeNumbers() throws {
        let text = #"{"big":99999999999999999999,"least":-9223372036854775809,"most":18446744073709551615,"part":1.5}"#
        let value = try Wire.decode(JSONValue.self, from: Data(text.utf8))
        #expect(String(decoding: try Wire.encode(value), as: UTF8.self) == text)
        #expect(value["part"] == .number(1.5))
    }

    @Test("a sealed secret does not show itself")
    func sealed() {
        #expect("\(SealedSecret(rawValue: "v1.k1.secret"))" == "<sealed>")
    }

    @Test func `A path's values stay one segment each, but for a repository's slashes on pages`() {
        #expect(APIPath.repositorySecret.path(["shop/web", "a b"]) == "/api/v1/repositories/shop%2Fweb/secrets/a%20b")
        #expect(PagePath.repository.path(["shop/web"]) == "/repositories/shop/web")
        #expect(PagePath.component.path(["a/b?c"]) == "/components/a%2Fb%3Fc")
        #expect(
            PagePath.home.path(query: [("repository", "shop/web"), ("state", ""), ("before", nil)])
                == "/?repository=shop%2Fweb")
        #expect(PagePath.run.address(at: "https://slipway.example", ["r1"]) == "https://slipway.example/runs/r1")
    }

    @Test func aMemberThatIsNullIsNotLeftOut() throws {
        #expect(try Wire.decode(SecretRules.self, from: Data("{}".utf8)) == SecretRules())
        for text in [#"{"images": null}"#, #"{"refs": null}"#] {
            #expect(throws: (any Error).self) { try Wire.decode(SecretRules.self, from: Data(text.utf8)) }
        }
        #expect(throws: (any Error).self) {
            try Wire.decode(SecretRequest.self, from: Data(#"{"value": "x", "rules": null}"#.utf8))
        }
        #expect(throws: (any Error).self) {
            try Wire.decode(RegistryRequest.self, from: Data(#"{"username": null}"#.utf8))
        }
        // A token whose end is null would have none.
        #expect(throws: (any Error).self) {
            try Wire.decode(TokenRequest.self, from: Data(#"{"name": "ci", "expiresAt": null}"#.utf8))
        }
        #expect(throws: (any Error).self) {
            try Wire.decode(PersonRequest.self, from: Data(#"{"name": "anna", "role": null}"#.utf8))
        }
        #expect(throws: (any Error).self) {
            try Wire.decode(PersonChange.self, from: Data(#"{"isBlocked": null}"#.utf8))
        }
        #expect(throws: (any Error).self) {
            try Wire.decode(RegistryRules.self, from: Data(#"{"commands": null}"#.utf8))
        }
    }
}

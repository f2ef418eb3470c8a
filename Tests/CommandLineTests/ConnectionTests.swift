import Contracts
import FoundationEssentials
import Glibc
import Testing

@testable import CommandLine

@Suite struct ConnectionTests {
    private let none = AccountStore(path: "/nonexistent/login.json")

    @Test func theEnvironmentWinsOverTheLogin() throws {
        try withFolder { folder in
            let store = AccountStore(path: folder + "/slipway/login.json")
            try store.save(Account(server: "http://kept:1", token: "kept"))
            let kept = try Account.resolve(server: nil, tokenFile: nil, environment: [:], store: store)
            #expect(kept == Account(server: "http://kept:1", token: "kept"))
            let other = try Account.resolve(
                server: nil, tokenFile: nil, environment: ["SLIPWAY_SERVER": "https://x/"], store: store)
            // The kept token belongs to the kept server and goes nowhere else.
            #expect(other == Account(server: "https://x", token: nil))
            let both = try Account.resolve(
                server: "y:8082", tokenFile: nil, environment: ["SLIPWAY_SERVER": "z", "SLIPWAY_TOKEN": "t"],
                store: store)
            #expect(both == Account(server: "http://y:8082", token: "t"))
        }
    }

    @Test func theLoginIsForItsOwnerOnly() throws {
        try withFolder { folder in
            let store = AccountStore(path: folder + "/slipway/login.json")
            try store.save(Account(server: "http://a", token: "t"))
            var status = stat()
            #expect(stat(store.path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            #expect(try store.load()?.token == "t")
            #expect(try store.remove())
            #expect(try store.load() == nil)
        }
    }

    /// `slipway up` on a machine where somebody is signed in already.
    @Test func aKeptLoginIsNotReplacedByAStack() async throws {
        let own = Account(server: "http://127.0.0.1:8082", token: "own")
        let folder = FileManager.default.temporaryDirectory.path + "/slipway-\(MessageID.make())"
        let store = AccountStore(path: folder + "/slipway/login.json")
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        var made = 0
        func begin(accepted: Bool = false) async throws -> StackSignIn.Outcome {
            try await StackSignIn(store: store).begin(own.server) { _ in
                accepted
            } makeToken: {
                made += 1
                return "own"
            }
        }
        #expect(try await begin() == .signedIn)
        #expect(try store.load() == own)
        #expect(try await begin(accepted: true) == .signedIn)
        #expect(made == 1)
        for kept in [
            Account(server: "https://slipway.example", token: "mine"),
            Account(server: "http://127.0.0.1:8082", token: "mine"),
        ] {
            try store.save(kept)
            let isHere = kept.server == own.server
            #expect(try await begin() == (isHere ? .refused : .elsewhere(kept.server)))
            #expect(try await begin(accepted: true) == (isHere ? .signedIn : .elsewhere(kept.server)))
            #expect(try store.load() == kept)
        }
    }

    @Test func aLinkSaysWhereItIsOfAndWhatItsCodeIs() throws {
        let link = try SignInLink(" https://slipway.example:8082/link?code=l_0f3c\n")
        #expect(link.server == "https://slipway.example:8082" && link.code == "l_0f3c")
        for text in ["", "https://slipway.example", "https://slipway.example/link?code=", "/login?code=BCDF-GHJK"] {
            #expect(throws: CommandError.self) { try SignInLink(text) }
        }
        for text in ["https://slipway.example/link?code=l_0f3c&x=1", "https://slipway.example/link?code=l_0f3c'"] {
            #expect(throws: CommandError.self) { try SignInLink(text) }
        }
    }

    @Test func aNameOfAnAccountIsMadeOfTheUsers() {
        #expect(!MachineName.account.isEmpty && MachineName.account == MachineName.account.lowercased())
        #expect(!MachineName.current.isEmpty)
    }

    @Test(arguments: ["", "ftp://x", "http://a b", "http://user@host", "http://h?x", "http://h:"])
    func wrongAddressesAreRefused(address: String) {
        #expect(throws: CommandError.self) { try Account.normalise(address) }
    }

    @Test func noPlatformSaysHowToGetOne() {
        do {
            _ = try Account.resolve(server: nil, tokenFile: nil, environment: [:], store: none)
            Issue.record("resolved")
        } catch {
            #expect("\(error)".contains("slipway up"))
        }
    }

    @Test func eventStreamsAreReadFromAnyPieces() {
        let text = ": hello\n\ndata: {\"a\":1}\n\nevent: x\nid: 4\ndata: one\ndata:two\r\n\r\ndata\n\n:end\n\n"
        for size in [1, 2, 3, 7, 1000] {
            var parser = EventStreamParser()
            var events: [String] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += parser.receive(bytes[start..<min(bytes.count, start + size)])
                    .map { String(decoding: $0, as: UTF8.self) }
            }
            #expect(events == ["{\"a\":1}", "one\ntwo", ""])
        }
    }

    @Test func associationsAreReplacedInTheirPlace() {
        let before = ["a", "b", "c"].map { AssociationView(component: $0) }
        let new = AssociationView(component: "b", events: [.push])
        let changed = RepositoryAssociateCommand.changed(before, component: "b", to: new)
        #expect(changed.map(\.component) == ["a", "b", "c"])
        #expect(changed[1] == new)
        #expect(RepositoryAssociateCommand.changed(before, component: "d", to: new).count == 4)
        #expect(RepositoryAssociateCommand.changed(before, component: "a", to: nil).map(\.component) == ["b", "c"])
    }

    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/slipway-\(MessageID.make())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        try body(folder)
    }
}

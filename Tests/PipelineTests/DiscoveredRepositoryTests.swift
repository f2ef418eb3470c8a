import Contracts
import Messaging
import Storage
import Testing

@testable import Pipeline

/// A push of a repository nobody registered runs nothing and is shown, until it is registered.
@Suite struct DiscoveredRepositoryTests {
    private func push(
        _ path: String, to platform: PlatformFixture, cloneURL: String? = "https://git.example/new/app.git",
        code: SyncFailed.Code = .unknownRepository, id: MessageID = .make()
    ) async throws {
        try await SyncFailedHandler(sources: platform.operations.sources).handle(
            SyncFailed(
                trigger: Trigger(
                    id: .make(), event: .push, repository: RepositoryPath(rawValue: path), ref: "refs/heads/main",
                    sender: "ada"),
                code: code, reason: "it is not registered", cloneURL: cloneURL, defaultBranch: "trunk"),
            MessageContext(id: id))
    }

    private func discovered(_ platform: PlatformFixture) async throws -> [DiscoveredRepositoryView] {
        try await platform.store.read { try $0.discovered.all() }
    }

    @Test func `It is listed with its pushes and the command that adds it`() async throws {
        try await PlatformFixture.with { platform in
            let id = MessageID.make()
            for id in [id, id, .make()] { try await push("new/app", to: platform, id: id) }
            try await push("new/other", to: platform)
            let views = try await discovered(platform)
            #expect(Set(views.map(\.path.rawValue)) == ["new/app", "new/other"])
            let app = try #require(views.first { $0.path.rawValue == "new/app" })
            // A message that comes twice is one push.
            #expect(app.pushes == 2)
            #expect(app.sender == "ada")
            #expect(app.command == "slipway repo add new/app https://git.example/new/app.git --branch=trunk")
            #expect(try await platform.runs().isEmpty)
        }
    }

    @Test func `What is registered, or fails for another reason, is not listed`() async throws {
        try await PlatformFixture.with { platform in
            try await push(PlatformFixture.path.rawValue, to: platform)
            try await push("new/app", to: platform, code: .unreachable)
            try await push("../etc", to: platform)
            #expect(try await discovered(platform).isEmpty)
        }
    }

    @Test func `Of very many the newest are kept`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.store.write { transaction in
                let store = transaction.discovered
                for number in 0...DiscoveredRepositoryStore.limit {
                    let trigger = Trigger(
                        id: .make(), event: .push, repository: RepositoryPath(rawValue: "new/app\(number)"), ref: "r")
                    try store.note(
                        SyncFailed(trigger: trigger, code: .unknownRepository, reason: ""),
                        now: Timestamp(milliseconds: Int64(number)))
                }
            }
            let paths = try await discovered(platform).map(\.path.rawValue)
            #expect(paths.count == DiscoveredRepositoryStore.limit)
            #expect(paths.first == "new/app\(DiscoveredRepositoryStore.limit)")
            #expect(!paths.contains("new/app0"))
        }
    }

    @Test func `A hook's secret is sought among those of its server, the nearest first`() async throws {
        try await PlatformFixture.with { platform in
            let addresses = [
                "tools/ci": "https://git.example/tools/ci.git",
                "new/team/api": "ssh://git@git.example:2222/new/team/api",
                "new/other": "git@git.example:new/other.git", "else/where": "https://elsewhere.example/else/where",
            ]
            for (path, cloneURL) in addresses {
                _ = try await platform.operations.repositories.save(
                    RepositoryRequest(cloneURL: cloneURL), as: RepositoryPath(rawValue: path), by: platform.principal)
            }
            func ask(_ path: String, _ cloneURL: String) async throws -> HookInquiryReply {
                try await HookInquiryHandler(repositories: platform.operations.repositories).answer(
                    HookInquiry(repository: RepositoryPath(rawValue: path), cloneURL: cloneURL),
                    MessageContext(id: .make()))
            }
            let unknown = try await ask("new/team/web", "https://git.example/new/team/web.git")
            #expect(!unknown.isRegistered)
            #expect(Array(unknown.neighbours.map(\.rawValue).prefix(2)) == ["new/team/api", "new/other"])
            #expect(!unknown.neighbours.map(\.rawValue).contains("else/where"))
            #expect(try await ask("new/other", "https://git.example/new/other.git").isRegistered)
            #expect(try await ask("new/team/web", "no address").neighbours.isEmpty)
            #expect(try await ask("new/team/web", "https://git.example:8443/new/team/web.git").neighbours.isEmpty)
            let usual = try await ask("new/team/web", "https://git.example:443/new/team/web.git")
            #expect(usual.neighbours == unknown.neighbours)
        }
    }

    /// Whoever may make repositories below `evil/finance` could have theirs registered as `finance/pay`.
    @Test func `An address that only ends in the path is no neighbour's`() async throws {
        try await PlatformFixture.with { platform in
            let addresses = [
                "tools/ci": "https://git.example/tools/ci.git",
                "shop/web": "https://shared.example/gitlab/shop/web.git", "shop/ssh": "git@other.example:shop/ssh.git",
            ]
            for (path, cloneURL) in addresses {
                _ = try await platform.operations.repositories.save(
                    RepositoryRequest(cloneURL: cloneURL), as: RepositoryPath(rawValue: path), by: platform.principal)
            }
            func hasNeighbours(_ cloneURL: String) async throws -> Bool {
                let reply = try await platform.operations.repositories.neighbours(
                    of: RepositoryPath(rawValue: "finance/pay"), cloneURL: cloneURL, as: .otherStage)
                return !reply.neighbours.isEmpty
            }
            for right in [
                "https://git.example/finance/pay.git", "https://git.example:443/finance/pay",
                "https://shared.example/gitlab/finance/pay.git", "https://other.example/finance/pay.git",
                "ssh://git@other.example:22/finance/pay.git",
            ] { #expect(try await hasNeighbours(right), "\(right)") }
            for wrong in [
                "https://git.example/evil/finance/pay.git", "https://shared.example/gitlab/evil/finance/pay.git",
                "https://shared.example/evil/finance/pay.git", "git@git.example:evil/finance/pay.git",
                "https://other.example/gitlab/finance/pay.git", "https://git.example/evil-finance/pay.git",
            ] { #expect(try await !hasNeighbours(wrong), "\(wrong)") }
        }
    }

    /// Nothing was pushed yet, and the address is like that of the group's others.
    @Test func `A repository that nothing is known of is registered as others of its group are`() async throws {
        try await PlatformFixture.with { platform in
            let repositories = platform.operations.repositories
            _ = try await repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/base/new/app.git", forge: "gitea"),
                as: RepositoryPath(rawValue: "new/app"), by: platform.principal)
            func remedy(_ path: String) async throws -> String? {
                do {
                    _ = try await repositories.hook(of: RepositoryPath(rawValue: path), as: platform.principal)
                    return nil
                } catch let error as OperationError {
                    return error.problem.remedy
                }
            }
            #expect(
                try await remedy("new/web")
                    == "register it: slipway repo add new/web https://git.example/base/new/web.git --forge=gitea")
            #expect(try await remedy("else/web") == "register it: slipway repo add else/web <clone address>")
        }
    }

    /// What a hook says ends in a command that a person pastes into a shell.
    @Test(
        arguments: [
            ("https://git.example/a.git", "main", "https://git.example/a.git"),
            ("https://git.example/a.git", "it's", "https://git.example/a.git --branch='it'\\''s'"),
            ("https://git.example/a.git", "a..b", "https://git.example/a.git"),
            ("https://git.example/$(id);x'y", nil, "'https://git.example/$(id);x'\\''y'"),
            ("https://user:secret@git.example/a.git", nil, "<clone address>"),
            ("--upload-pack=id@x:y", nil, "<clone address>"), ("https://git.example/a b", nil, "<clone address>"),
            ("ext::sh -c id", nil, "<clone address>"), ("ext::id@x:y", nil, "<clone address>"),
            ("https://git.example/\u{202E}tig.bew", nil, "<clone address>"),
            ("git://git.example/a.git", nil, "<clone address>"), ("ssh://u:pw@git.example/a", nil, "<clone address>"),
            ("https://git.example/" + String(repeating: "a", count: 2048), nil, "<clone address>"),
            (nil, nil, "<clone address>"),
        ] as [(String?, String?, String)])
    func `The command is safe to paste`(_ cloneURL: String?, _ branch: String?, _ rest: String) {
        let command = RepositoryPath(rawValue: "new/app").addCommand(cloneURL: cloneURL, defaultBranch: branch)
        #expect(command == "slipway repo add new/app \(rest)")
    }
}

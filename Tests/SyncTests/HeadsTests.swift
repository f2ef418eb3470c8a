import Contracts
import FoundationEssentials
import Git
import Logging
import Secrets
import TestSupport
import Testing

@testable import Sync

/// Where a server's branches and tags are.
@Suite("Heads of a server")
struct HeadsTests {
    private func lister(_ origin: Origin, _ reply: RepositoryLookupReply? = nil, room: Int = 16) -> HeadsLister {
        let synchronizer = origin.synchronizer(reply)
        return HeadsLister(
            mirrors: origin.mirrors, access: synchronizer.access,
            slots: FetchSlots(total: room, perHost: room), logger: Logger(label: "test"))
    }

    private func list(_ origin: Origin, _ reply: RepositoryLookupReply? = nil) async throws -> HeadsListed {
        try await lister(origin, reply).list(HeadsRequested(repository: Origin.repository, round: 3))
    }

    @Test("branches and tags by their commits, without a mirror")
    func heads() async throws {
        let origin = try await Origin()
        let first = try await origin.commit("one")
        try await origin.git("tag", "--annotate", "--message", "one", "v1")
        try await origin.git("branch", "next/a")
        let second = try await origin.commit("two")
        try await origin.git("tag", "light")
        try await origin.git("update-ref", "refs/merge-requests/1/head", first)
        let listed = try await list(origin)
        #expect(
            listed
                == HeadsListed(
                    repository: Origin.repository, round: 3,
                    heads: [
                        "refs/heads/main": second, "refs/heads/next/a": first, "refs/tags/v1": first,
                        "refs/tags/light": second,
                    ]))
        #expect(!origin.mirrors.mirror(of: Origin.repository).exists)
    }

    @Test("of too many only the branches, and none of too many branches")
    func tooMany() async throws {
        let origin = try await Origin()
        try await origin.commit("one")
        for name in ["a", "b"] { try await origin.git("branch", name) }
        for name in ["c", "d"] { try await origin.git("tag", name) }
        let mirror = origin.mirrors.mirror(of: Origin.repository)
        let source = FetchSource(url: origin.path)
        #expect(try await mirror.heads(from: source, limit: 5).commits.count == 5)
        let branches = try await mirror.heads(from: source, limit: 4)
        #expect(branches.commits.keys.sorted() == ["refs/heads/a", "refs/heads/b", "refs/heads/main"])
        #expect(!branches.hasTags)
        await #expect(throws: GitError.self) { try await mirror.heads(from: source, limit: 2) }
    }

    @Test("one request, with the token; at another address of the same server; and what the server refuses is told")
    func server() async throws {
        try await GitForge.with { forge in
            let origin = try await Origin()
            let repository = try await forge.repository("shop/web", tokens: ["secret"])
            let commit = try await repository.push(["a": "b"], tag: "v1")
            let url = forge.url("shop/web")
            func reply(_ url: String, _ token: String?) throws -> RepositoryLookupReply {
                let sealed = try token.map {
                    try origin.keys.seal($0, for: .token(of: Origin.repository, cloneURL: url))
                }
                return .found(.init(cloneURL: url, token: sealed))
            }
            let before = try forge.requests().count
            let listed = try await list(origin, try reply(url, "secret"))
            #expect(listed.heads == ["refs/heads/main": commit, "refs/tags/v1": commit], "\(listed)")
            let asked = try forge.requests().dropFirst(before)
            #expect(asked.filter { $0.contains("/info/refs") && $0.contains(" 200") }.count == 1, "\(asked)")
            #expect(!asked.contains { $0.contains("POST") && !$0.contains("git-upload-pack") }, "\(asked)")
            let refused = try await list(origin, try reply(url, "another"))
            #expect(refused.heads == nil && refused.problem?.contains("listing the refs of \(url) failed") == true)
            let away = try await list(origin, try reply("http://127.0.0.1:9/shop/web.git", nil))
            #expect(away.heads == nil && away.problem != nil)
            // A page to sign in is no list of nothing.
            let page = try await list(origin, try reply(forge.url("login/shop/web"), nil))
            #expect(page.heads == nil && page.problem != nil, "\(page)")
        }
    }

    @Test("an unknown repository, an empty one and a full house are told")
    func problems() async throws {
        let origin = try await Origin()
        #expect(try await list(origin, .unknown).problem?.contains("is not registered") == true)
        #expect(try await list(origin).problem?.contains("has no commit yet") == true)
    }
}

import Contracts
import FoundationEssentials
import Git
import TestSupport
import Testing

@testable import Sync

/// A private repository with a submodule and LFS files, fetched over SSH from a real sshd.
@Suite(.timeLimit(.minutes(2))) struct SSHTests {
    private struct Scene: Sendable {
        let forge: GitForge
        let server: SSHServer
        let commit: String
        let submodule: String
        let file: String

        var url: String { server.url("\(forge.folder)/repos/shop/web.git") }
        var reply: RepositoryLookupReply { .found(.init(cloneURL: url)) }

        func origin(key: String? = nil, knownHosts: String? = nil) async throws -> Origin {
            try await Origin(
                ssh: SSHAccess(key: key ?? server.key, knownHosts: knownHosts ?? server.knownHosts))
        }

        func parts(_ origin: Origin) async throws -> [SourceParts.Submodule] {
            let request = try #require(
                PartsRequest(Origin.repository, query: "commit=\(commit)&submodules=true&lfs=true"))
            return try await origin.parts(reply).fetch(request, activity: FetchActivity())
        }

        func synchronize(_ origin: Origin) async throws -> SyncOutcome {
            try await origin.synchronizer(reply).synchronize(
                origin.trigger(commit: commit), cloneURL: "", attempt: 1)
        }
    }

    private static let content: [UInt8] = Array("a large file".utf8)

    private func scene(_ body: @escaping @Sendable (Scene) async throws -> Void) async throws {
        try await GitForge.with { forge in
            try await SSHServer.with { server in
                let library = try await forge.repository("shop/library", tokens: ["web-token"])
                let submodule = try await library.push(["a.txt": "library"])
                let (pointer, file) = try await forge.storeLargeFile(Self.content)
                let web = try await forge.repository("shop/web", tokens: ["web-token"])
                let commit = try await web.push(
                    ["big.bin": pointer, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n"],
                    submodules: ["library": ("../library.git", submodule)])
                try await body(
                    Scene(forge: forge, server: server, commit: commit, submodule: submodule, file: file))
            }
        }
    }

    @Test func submodulesAndLargeFilesComeWithTheKey() async throws {
        try await scene { scene in
            let login = Data("oauth2:web-token".utf8).base64EncodedString()
            try scene.server.add(
                "git-lfs-authenticate",
                #"printf '{"href":"\#(scene.forge.address)/%s/info/lfs","header":{"Authorization":"Basic \#(login)"}}' "#
                    + #""${1#*/repos/}""#)
            let origin = try await scene.origin()
            guard case .synced = try await scene.synchronize(origin) else {
                Issue.record("not synced")
                return
            }
            let parts = try await scene.parts(origin)
            #expect(parts.map(\.path) == ["library"])
            #expect(parts.map(\.commit) == [scene.submodule])
            #expect(parts.map(\.cloneURL) == [scene.server.url("\(scene.forge.folder)/repos/shop/library.git")])
            let file = try #require(origin.mirrors.mirror(of: Origin.repository).largeFile(scene.file))
            #expect(Array(try Data(contentsOf: URL(filePath: file.path))) == Self.content)
        }
    }

    @Test func aServerWithoutLargeFilesOverSSHIsNamedWithTheRemedy() async throws {
        try await scene { scene in
            let origin = try await scene.origin()
            _ = try await scene.synchronize(origin)
            let error = await #expect(throws: Problem.self) { try await scene.parts(origin) }
            #expect(error?.message.contains("has no working git-lfs-authenticate") == true, "\(error?.message ?? "")")
            #expect(error?.message.contains("https address") == true)
        }
    }

    @Test func aServerOrKeyThatIsNotKnownIsRefusedWithTheSetting() async throws {
        try await scene { scene in
            for (origin, setting) in [
                (try await scene.origin(knownHosts: "/dev/null"), "SLIPWAY_SSH_KNOWN_HOSTS"),
                (try await scene.origin(key: scene.server.otherKey), "SLIPWAY_SSH_KEY"),
            ] {
                let outcome = try await scene.synchronize(origin)
                #expect("\(outcome)".contains(setting), "\(outcome)")
                guard case .synced = outcome else { continue }
                Issue.record("synced without \(setting)")
            }
        }
    }
}

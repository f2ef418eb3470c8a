import Contracts
import FoundationEssentials
import Git
import Logging
import Secrets
import Subprocess
import SystemPackage
import Testing

@testable import Sync

/// A repository to fetch from, mirrors to fetch into, and the synchronizer between them, in their own folder.
final class Origin: Sendable {
    static let repository = RepositoryPath(rawValue: "shop/web")
    static let sealKeys = "2026:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

    let folder: String
    let keys: KeyRing
    let mirrors: Mirrors

    init(
        publicURL: String = "http://sync:8081", in root: String = "/tmp", ssh: SSHAccess = SSHAccess()
    ) async throws {
        folder = "\(root)/slipway-sync-\(UInt64.random(in: 0 ... .max))"
        keys = try KeyRing(Self.sealKeys)
        try FileManager.default.createDirectory(atPath: folder + "/home", withIntermediateDirectories: true)
        var program = GitProgram(home: folder + "/home", allowsFile: true, logger: Logger(label: "test"))
        program.ssh = ssh
        mirrors = Mirrors(data: folder, program: program, publicURL: publicURL)
        try await git("init", "--quiet", "--initial-branch=main", path, in: folder)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
    }

    var path: String { folder + "/origin" }

    /// - Parameter reply: what the platform answers; by default it knows the repository.
    func synchronizer(
        _ reply: RepositoryLookupReply? = nil, timeout: Duration = .seconds(30)
    ) -> Synchronizer {
        let reply = reply ?? .found(.init(cloneURL: path))
        return Synchronizer(
            mirrors: mirrors, access: access(reply, timeout),
            maintenance: MirrorMaintenance(logger: Logger(label: "test")),
            slots: FetchSlots(total: 16, perHost: 8))
    }

    func parts(_ reply: RepositoryLookupReply? = nil, largeFileLimit: Int64 = 1 << 30) -> PartsFetcher {
        PartsFetcher(
            mirrors: mirrors, access: access(reply ?? .found(.init(cloneURL: path))),
            slots: FetchSlots(total: 16, perHost: 8),
            maintenance: MirrorMaintenance(logger: Logger(label: "test")), largeFileLimit: largeFileLimit)
    }

    private func access(_ reply: RepositoryLookupReply, _ timeout: Duration = .seconds(30)) -> SourceAccessReader {
        SourceAccessReader(directory: RepositoryDirectory { _ in reply }, keys: keys, timeout: timeout)
    }

    func trigger(_ ref: String = "refs/heads/main", before: String? = nil, commit: String? = nil) -> Trigger {
        Trigger(
            id: MessageID(rawValue: "gitlab-1"), event: .push, repository: Self.repository, ref: ref,
            branch: ref.hasPrefix("refs/heads/") ? String(ref.dropFirst(11)) : nil, before: before, commit: commit)
    }

    @discardableResult
    func commit(
        _ message: String, _ files: [String: [UInt8]] = [:], links: [String: String] = [:]
    ) async throws -> String {
        let manager = FileManager.default
        for (file, bytes) in files {
            let place = URL(filePath: "\(path)/\(file)")
            try manager.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: place)
        }
        for (link, target) in links {
            try await git("rm", "--quiet", "--force", "--ignore-unmatch", link)
            try manager.createSymbolicLink(atPath: "\(path)/\(link)", withDestinationPath: target)
        }
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "--message", message)
        return try await git("rev-parse", "HEAD")
    }

    @discardableResult
    func git(_ arguments: String..., in directory: String? = nil) async throws -> String {
        let result = try await Subprocess.run(
            .name("git"), arguments: Arguments(arguments),
            environment: .inherit.updating([
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
                "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "GIT_TERMINAL_PROMPT": "0",
            ]),
            workingDirectory: FilePath(directory ?? path), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw GitError(.failed, "git \(arguments)", cause: result.standardError)
        }
        return result.standardOutput.split(separator: "\n").first.map(String.init) ?? ""
    }
}

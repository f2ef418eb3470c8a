import Contracts
import FoundationEssentials
import SystemPackage
import TestSupport

/// A real Git repository with a work tree to commit in and a bare one that is pushed to and fetched from, whose hook
/// tells the gateway what GitLab would.
struct SampleRepository: Sendable {
    let path: String
    private let work: FilePath
    private let bare: FilePath
    private let platform: PlatformClient

    /// Makes the repository and registers it with the platform.
    init(_ path: String, in directory: FilePath, platform: PlatformClient, allowsFile: Bool = true) async throws {
        self.path = path
        self.platform = platform
        let server = directory.appending("repositories")
        work = directory.appending("work").appending(path.replacing("/", with: "-"))
        // As forges have it, the address ends in the path, and all of a server begin alike.
        bare = server.appending("\(path).git")
        try await runTool("mkdir", ["-p", work.string, bare.string])
        try await runTool("git", ["init", "--quiet", "--bare", "--initial-branch=main", bare.string])
        try await runTool("git", ["init", "--quiet", "--initial-branch=main", work.string])
        try await platform.addRepository(path, cloneURL: "file://\(bare)", allowsFile: allowsFile)
    }

    /// Writes the files, commits and pushes them, and posts the hook.
    /// - Returns: the commit.
    @discardableResult
    func push(_ files: [String: String], message: String = "Change", copying: [String: String] = [:]) async throws
        -> String
    {
        let (before, commit) = try await commit(files, message: message, copying: copying)
        try await postHook(before: before, commit: commit, message: message)
        return commit
    }

    /// Commits and pushes without telling anyone.
    func commit(
        _ files: [String: String], message: String = "Change", copying: [String: String] = [:]
    ) async throws -> (before: String?, commit: String) {
        let before = try? await git(["rev-parse", "--verify", "--quiet", "HEAD"])
        for (name, text) in files {
            let file = work.appending(name)
            try await runTool("mkdir", ["-p", file.removingLastComponent().string])
            try Data(text.utf8).write(to: URL(filePath: file.string))
        }
        for (name, source) in copying { try await runTool("cp", [source, work.appending(name).string]) }
        try await git(["add", "--all"])
        try await git([
            "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "--quiet", "--allow-empty", "-m",
            message,
        ])
        try await git(["push", "--quiet", bare.string, "HEAD:refs/heads/main"])
        return (before, try await git(["rev-parse", "HEAD"]))
    }

    /// Tags the newest commit and pushes the tag without telling anyone.
    func tag(_ name: String) async throws {
        try await git(["tag", name])
        try await git(["push", "--quiet", bare.string, "refs/tags/\(name)"])
    }

    /// Makes a branch of the newest commit and pushes it without telling anyone.
    func branch(_ name: String) async throws {
        try await git(["push", "--quiet", bare.string, "HEAD:refs/heads/\(name)"])
    }

    /// The body of GitLab's push hook.
    func hookBody(before: String?, commit: String, message: String) throws -> [UInt8] {
        let zeros = String(repeating: "0", count: 40)
        let body: JSONValue = [
            "object_kind": "push", "event_name": "push", "before": .string(before ?? zeros), "after": .string(commit),
            "ref": "refs/heads/main", "checkout_sha": .string(commit), "user_username": "ada", "user_name": "Ada",
            "project": [
                "id": 1, "path_with_namespace": .string(path), "git_http_url": .string("file://\(bare)"),
                "web_url": .string("http://gitlab.example/\(path)"), "default_branch": "main",
            ],
            "commits": [["id": .string(commit), "message": .string(message)]], "total_commits_count": 1,
        ]
        return Array(try Wire.encode(body))
    }

    func postHook(before: String?, commit: String, message: String) async throws {
        let answer = try await platform.hook(
            try hookBody(before: before, commit: commit, message: message),
            headers: [
                "X-Gitlab-Event": "Push Hook", "X-Gitlab-Token": try await platform.hookToken(path),
                "X-Gitlab-Event-UUID": "\(UInt64.random(in: .min ... .max))", "Idempotency-Key": "\(path)-\(commit)",
            ])
        guard answer.status == 202 else { throw TestFailure("the hook got \(answer.status): \(answer.text)") }
    }

    @discardableResult
    private func git(_ arguments: [String]) async throws -> String {
        try await runTool("git", ["-C", work.string] + arguments).trimmingEnd()
    }
}

extension String {
    fileprivate func trimmingEnd() -> String {
        var text = self
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }
}

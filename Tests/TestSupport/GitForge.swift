import FoundationEssentials
import Subprocess
import SystemPackage

/// A Git server over HTTP with private repositories and Git LFS, made of git's own http-backend.
public struct GitForge: Sendable {
    public let folder: String
    /// Such as `http://127.0.0.1:4711`.
    public let address: String

    /// Runs `body` with the server up; its folder is gone afterwards.
    /// - Parameters:
    ///   - certificate: of `127.0.0.1`, to serve over TLS, with its key.
    ///   - root: where its folder is made.
    public static func with(
        certificate: (file: String, key: String)? = nil, in root: String = "/tmp",
        _ body: @Sendable @escaping (GitForge) async throws -> Void
    ) async throws {
        let folder = "\(root)/slipway-forge-\(UInt64.random(in: 0 ... .max))"
        for part in ["repos", "lfs", "work"] {
            try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
        }
        try Data("{}".utf8).write(to: URL(filePath: folder + "/access.json"))
        try Data().write(to: URL(filePath: folder + "/requests"))
        let result: Result<Void, any Error>
        do {
            try await serve(folder, certificate, body)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try FileManager.default.removeItem(atPath: folder)
        try result.get()
    }

    private static func serve(
        _ folder: String, _ certificate: (file: String, key: String)?,
        _ body: @Sendable @escaping (GitForge) async throws -> Void
    ) async throws {
        let arguments = ["-c", program, folder, certificate?.file ?? "", certificate?.key ?? ""]
        let scheme = certificate == nil ? "http" : "https"
        _ = try await run(
            .name("python3"), arguments: Arguments(arguments), input: .none, output: .sequence, error: .discarded
        ) { execution in
            do {
                for try await line in execution.standardOutput.strings() {
                    guard let port = Int(line.filter(\.isNumber)) else { continue }
                    try await body(GitForge(folder: folder, address: "\(scheme)://127.0.0.1:\(port)"))
                    break
                }
            } catch {
                try execution.send(signal: .kill)
                throw error
            }
            try execution.send(signal: .kill)
        }
    }

    public func url(_ path: String) -> String { "\(address)/\(path).git" }

    /// The address at which the server needs some time before it sends a pack.
    /// - Parameters:
    ///   - pause: seconds.
    ///   - keepalive: after how many seconds of it, again and again, it sends the five bytes that Git's servers do; 0 for
    ///     never.
    public func slowURL(_ path: String, pause: Int, keepalive: Int) -> String {
        url("slow/\(pause)/\(keepalive)/\(path)")
    }

    /// The address at which the server has too many requests, until ``calm()``.
    public func busyURL(_ path: String) -> String { url("busy/\(path)") }

    public func calm() throws { try Data().write(to: URL(filePath: folder + "/calm")) }

    /// What was asked of it: method, path, whether with credentials, and the status answered.
    public func requests() throws -> [String] {
        String(decoding: try Data(contentsOf: URL(filePath: folder + "/requests")), as: UTF8.self)
            .split(separator: "\n").map(String.init)
    }

    /// Makes a repository.
    /// - Parameter tokens: who may read it; everyone if `nil`.
    public func repository(_ path: String, tokens: [String]? = nil) async throws -> ForgeRepository {
        let bare = "\(folder)/repos/\(path).git"
        try await runGit(["init", "--quiet", "--bare", "--initial-branch=main", bare])
        // As large forges have it.
        try await runGit(["-C", bare, "config", "uploadpack.allowAnySHA1InWant", "true"])
        let work = "\(folder)/work/\(path)"
        try await runGit(["init", "--quiet", "--initial-branch=main", work])
        if let tokens { try allow(path, tokens) }
        return ForgeRepository(path: work, bare: bare)
    }

    /// Sets who may read a repository.
    public func allow(_ path: String, _ tokens: [String]) throws {
        let file = URL(filePath: folder + "/access.json")
        var access = try JSONDecoder().decode([String: [String]].self, from: Data(contentsOf: file))
        access[path] = tokens
        try JSONEncoder().encode(access).write(to: file, options: .atomic)
    }

    /// Stores a large file at the LFS server.
    /// - Returns: the pointer that a commit has in its place, and the file's SHA-256.
    public func storeLargeFile(_ bytes: [UInt8]) async throws -> (pointer: String, id: String) {
        let temporary = "\(folder)/lfs/new"
        try Data(bytes).write(to: URL(filePath: temporary))
        let id = String(try await runTool("sha256sum", [temporary]).prefix(64))
        let file = "\(folder)/lfs/\(id)"
        if FileManager.default.fileExists(atPath: file) { try FileManager.default.removeItem(atPath: file) }
        try FileManager.default.moveItem(atPath: temporary, toPath: file)
        return ("version https://git-lfs.github.com/spec/v1\noid sha256:\(id)\nsize \(bytes.count)\n", id)
    }

    /// Has the LFS server send other bytes than it was given.
    public func spoilLargeFile(_ id: String) throws {
        try Data("spoilt".utf8).write(to: URL(filePath: "\(folder)/lfs/\(id)"))
    }
}

/// A repository of a ``GitForge`` with the folder a developer works in.
public struct ForgeRepository: Sendable {
    public let path: String
    let bare: String

    /// Commits and pushes.
    /// - Returns: the commit's id.
    @discardableResult
    public func push(
        _ files: [String: String], submodules: [String: (url: String, commit: String)] = [:], tag: String? = nil
    ) async throws -> String {
        let commit = try await commit(files, submodules: submodules)
        if let tag { try await runGit(["-C", path, "tag", tag]) }
        try await publish()
        return commit
    }

    /// Commits and pushes the commit to several branches and tags at once.
    /// - Parameter refs: their full names.
    /// - Returns: the commit's id.
    public func pushRefs(_ refs: [String], _ files: [String: String]) async throws -> String {
        let commit = try await commit(files)
        try await runGit(["-C", path, "push", "--quiet", "--force", bare] + refs.map { "HEAD:\($0)" })
        return commit
    }

    /// Commits a file of random bytes, which no compression makes less, and pushes it.
    /// - Returns: the commit's id.
    public func pushLargeFile(mebibytes: Int) async throws -> String {
        let script = """
            set -e; cd "$1"; git config core.compression 0
            blob=$(head -c "$2" /dev/urandom | git hash-object -w --stdin)
            tree=$(printf '100644 blob %s\\tlarge.bin\\n' "$blob" | git mktree)
            commit=$(git -c user.name=Ada -c user.email=ada@example.org commit-tree -m large "$tree")
            git update-ref refs/heads/main "$commit"; echo "$commit"
            """
        return String(
            try await runTool("sh", ["-c", script, "sh", bare, "\(mebibytes << 20)"]).prefix { $0.isHexDigit })
    }

    /// Pushes what was committed.
    public func publish() async throws {
        try await runGit(["-C", path, "push", "--quiet", "--force", "--tags", bare, "HEAD:refs/heads/main"])
    }

    /// Commits without a push.
    /// - Parameters:
    ///   - files: their texts.
    ///   - submodules: what `.gitmodules` says of each path, and the commit it is at.
    /// - Returns: the commit's id.
    public func commit(
        _ files: [String: String], submodules: [String: (url: String, commit: String)] = [:]
    ) async throws -> String {
        for (file, text) in files {
            let full = "\(path)/\(file)"
            let folder = String(full[..<(full.lastIndex(of: "/") ?? full.startIndex)])
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: full))
        }
        var modules = ""
        for (folder, module) in submodules {
            modules += "[submodule \"\(folder)\"]\n\tpath = \(folder)\n\turl = \(module.url)\n"
        }
        if !submodules.isEmpty { try Data(modules.utf8).write(to: URL(filePath: path + "/.gitmodules")) }
        try await runGit(["-C", path, "add", "--all"])
        for (folder, module) in submodules {
            try await runGit([
                "-C", path, "update-index", "--add", "--cacheinfo", "160000,\(module.commit),\(folder)",
            ])
        }
        try await runGit(["-C", path, "commit", "--quiet", "--allow-empty", "-m", "change"])
        return String(try await runGit(["-C", path, "rev-parse", "HEAD"]).prefix { $0.isHexDigit })
    }
}

@discardableResult
private func runGit(_ arguments: [String]) async throws -> String {
    try await runTool(
        "git",
        ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "core.hooksPath=/dev/null"] + arguments)
}

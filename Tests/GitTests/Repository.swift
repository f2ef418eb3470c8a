import FoundationEssentials
import Logging
import Subprocess
import SystemPackage
import Testing

@testable import Git

/// A temporary folder for one test, removed when it ends.
struct Sandbox: ~Copyable {
    let path: String

    init() throws {
        path = "/tmp/slipway-git-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path + "/home", withIntermediateDirectories: true)
    }

    deinit {
        do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }

    var program: GitProgram {
        GitProgram(home: path + "/home", allowsFile: true, logger: Logger(label: "test"))
    }

    func mirror(_ locks: RepositoryLocks = RepositoryLocks()) -> Mirror {
        Mirror(directory: path + "/mirrors/shop/web.git", program: program, locks: locks)
    }

    func repository(_ name: String = "origin", format: String = "sha1") async throws -> Repository {
        let repository = Repository(path: "\(path)/\(name)")
        try await repository.git(
            "init", "--quiet", "--initial-branch=main", "--object-format=\(format)", repository.path, in: path)
        return repository
    }
}

/// A repository as a developer has it.
struct Repository {
    let path: String

    @discardableResult
    func git(_ arguments: String..., in directory: String? = nil) async throws -> String {
        try await git(arguments: arguments, in: directory)
    }

    @discardableResult
    func git(arguments: [String], in directory: String? = nil) async throws -> String {
        let result = try await Subprocess.run(
            .name("git"), arguments: Arguments(arguments),
            environment: .inherit.updating([
                "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
                "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org",
                "GIT_COMMITTER_DATE": "1700000000 +0100", "GIT_AUTHOR_DATE": "1600000000 +0100",
            ]),
            workingDirectory: FilePath(directory ?? path), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw GitError(.failed, "git \(arguments)", cause: result.standardError)
        }
        return String(result.standardOutput.reversed().drop { $0.isNewline }.reversed())
    }

    func write(_ text: String, to file: String) throws {
        let full = "\(path)/\(file)"
        let folder = full[..<(full.lastIndex(of: "/") ?? full.startIndex)]
        try FileManager.default.createDirectory(atPath: String(folder), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: full))
    }

    /// Commits everything and returns the commit's id.
    @discardableResult
    func commit(_ message: String = "change", _ files: [String: String] = [:]) async throws -> String {
        for (file, text) in files { try write(text, to: file) }
        try await git("add", "--all")
        try await git("commit", "--quiet", "--allow-empty", "--message", message)
        return try await git("rev-parse", "HEAD")
    }

    var source: FetchSource { FetchSource(url: path) }
}

/// The code of the error the work throws, or `nil` where it throws none of Git's.
func code(_ work: () async throws -> Void) async -> GitError.Code? {
    do {
        try await work()
    } catch let error as GitError {
        return error.code
    } catch {
        Issue.record(error)
    }
    return nil
}

import FoundationEssentials
public import Logging
import Subprocess
import SystemPackage

/// The git program: every command in its own process group, without a shell, with an environment made for it,
/// bounded output and a time limit after which the group is ended.
public struct GitProgram: Sendable {
    /// The program's path; only its name where it was not found in `PATH`.
    public var path: String
    /// A folder Git may take for the user's home. Nothing there is read as configuration.
    public var home: String
    /// Whether local paths may be fetched from.
    public var allowsFile: Bool
    /// A PEM file of the certificate authorities that are trusted; Git's own choice if `nil`.
    public var certificates: String?
    public var ssh = SSHAccess()
    /// How long a server may send not one byte, in whole seconds. Git's own send five every five seconds while they make a
    /// pack, others nothing at all, and a large one takes minutes.
    public var idleTimeout = Duration.seconds(300)
    public var logger: Logger

    /// - Parameter path: a path, or a name to be looked for in `PATH` once: to leave that to every start would be a fork
    ///   for every folder of it.
    public init(
        path: String = "git", home: String, allowsFile: Bool = false, certificates: String? = nil, logger: Logger
    ) {
        self.path = path.contains("/") ? path : Self.find(path) ?? path
        self.home = home
        self.allowsFile = allowsFile
        self.certificates = certificates
        self.logger = logger
    }

    /// The path of a program in `PATH`.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").lazy
            .map { "\($0)/\(name)" }
            .first { $0.hasPrefix("/") && FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// What a command wrote.
    public struct Output: Sendable {
        public var bytes: [UInt8]
        /// 0 for success; below zero, the signal that ended it.
        public var exitCode: Int32
        /// The end of standard error, without credentials.
        public var words: String

        public var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    /// Runs a command and returns what it wrote, whatever its exit code.
    /// - Parameters:
    ///   - directory: where it runs, as with `git -C`.
    ///   - remote: the address the credential is for.
    ///   - outputLimit: bytes of standard output taken.
    /// - Throws: ``GitError`` with `tooLarge`, `timedOut`, `cancelled` or, where git cannot be started, `failed`.
    func output(
        _ arguments: [String], in directory: String? = nil, remote: RemoteAddress? = nil,
        credential: GitCredential = .none, input: [UInt8] = [], outputLimit: Int = 1 << 20,
        timeout: Duration = .seconds(60), configuration: [(String, String)] = [], variables: [String: String] = [:]
    ) async throws(GitError) -> Output {
        let environment = GitEnvironment(
            program: self, directory: directory, remote: remote, credential: credential, extra: configuration)
        let launch = Launch(
            executable: path, arguments: arguments, directory: directory,
            environment: environment.variables.merging(variables) { $1 },
            input: input, outputLimit: outputLimit)
        do {
            guard var output = try await Self.withTimeout(timeout, { try await launch.run() }) else {
                throw GitError(.timedOut, "git \(arguments.first ?? "") did not end within \(timeout)")
            }
            for secret in credential.secrets where !secret.isEmpty {
                output.words = output.words.replacing(secret, with: "***")
            }
            logger.trace(
                "git ended", metadata: ["arguments": "\(arguments)", "status": "\(output.exitCode)"])
            return output
        } catch let error as GitError {
            throw error
        } catch is CancellationError {
            throw GitError(.cancelled, "git \(arguments.first ?? "") was cancelled")
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            throw GitError(.tooLarge, "git \(arguments.first ?? "") wrote more than \(outputLimit) bytes")
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw GitError(.failed, "the program “\(path)” was not found; install git")
        } catch {
            throw GitError(.failed, "git \(arguments.first ?? "") could not be run", cause: "\(error)")
        }
    }

    /// Runs a command that has to succeed.
    func run(
        _ arguments: [String], in directory: String? = nil, remote: RemoteAddress? = nil,
        credential: GitCredential = .none, input: [UInt8] = [], outputLimit: Int = 1 << 20,
        timeout: Duration = .seconds(60), configuration: [(String, String)] = [],
        variables: [String: String] = [:], doing: String
    ) async throws(GitError) -> Output {
        let output = try await output(
            arguments, in: directory, remote: remote, credential: credential, input: input, outputLimit: outputLimit,
            timeout: timeout, configuration: configuration, variables: variables)
        guard output.exitCode == 0 else { throw GitError.diagnose(output.words, doing: doing) }
        return output
    }

    /// The result, or `nil` once `timeout` is over and the work has ended by cancellation.
    static func withTimeout<Value: Sendable>(
        _ timeout: Duration, _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}

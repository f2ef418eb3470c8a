import Subprocess
import SystemPackage
import Text
import Threading

/// One start of a program.
struct Launch: Sendable {
    var executable: String
    var arguments: [String]
    var directory: String?
    var environment: [String: String]
    var input: [UInt8]
    var outputLimit: Int

    /// How much of standard error is kept.
    private static let wordsLimit = 16 * 1024

    func run() async throws -> GitProgram.Output {
        try Task.checkCancellation()
        let result = try await Orphans.ofThisProgram.child { started in
            try await Subprocess.run(
                configuration, input: .array(input), output: .bytes(limit: outputLimit), error: .sequence
            ) { execution in
                started(execution.processIdentifier.value)
                // Read to its end: a program that cannot write its complaints would stop.
                var words: [UInt8] = []
                for try await buffer in execution.standardError {
                    buffer.withUnsafeBytes { words.append(contentsOf: $0) }
                    if words.count > 2 * Self.wordsLimit { words.removeFirst(words.count - Self.wordsLimit) }
                }
                return words
            }
        }
        let exitCode: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): -signal
            }
        return GitProgram.Output(
            bytes: result.standardOutput, exitCode: exitCode,
            words: UTF8Boundary.suffix(result.closureResult, bytes: Self.wordsLimit))
    }

    /// Passes standard output on as it comes. What `write` throws ends the program.
    func stream(_ write: ([UInt8]) async throws -> Void) async throws {
        try Task.checkCancellation()
        try await Orphans.ofThisProgram.child { started in
            _ = try await Subprocess.run(configuration, input: .array(input), output: .sequence, error: .discarded) {
                execution in
                started(execution.processIdentifier.value)
                for try await buffer in execution.standardOutput {
                    try await write(buffer.withUnsafeBytes { Array($0) })
                }
            }
        }
    }

    private var configuration: Configuration {
        var platform = PlatformOptions()
        // A session is also a process group (helpers such as git-remote-https are in it) and
        // has no terminal anything could ask at.
        platform.createSession = true
        platform.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
        ]
        return Configuration(
            executable: executable.contains("/") ? .path(FilePath(executable)) : .name(executable),
            arguments: Arguments(arguments),
            environment: .custom(
                Dictionary(
                    environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) },
                    uniquingKeysWith: { _, last in last })),
            workingDirectory: directory.map { FilePath($0) }, platformOptions: platform)
    }
}

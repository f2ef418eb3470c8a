/// How a step's process ended.
public enum ProcessOutcome: Sendable, Hashable {
    /// With this exit code.
    case exited(Int32)
    /// By this signal.
    case killed(signal: Int32)

    public var isSuccess: Bool { self == .exited(0) }

    /// The exit code as a shell would tell it: 128 and the signal's number for a process that was killed.
    public var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }

    /// For people: what happened, or `nil` on success.
    public var reason: String? {
        switch self {
        case .exited(0): nil
        case .exited(126): "exit code 126: the command cannot be executed"
        case .exited(127): "exit code 127: the command was not found"
        case .exited(let code): "exit code \(code)"
        case .killed(9): "killed by signal 9 (out of memory, or by hand)"
        case .killed(let signal): "killed by signal \(signal)"
        }
    }
}

/// A step's process could not be run at all.
public struct ProcessRunnerError: Error, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The script or its directory cannot be written.
        case scratch
        /// The working directory is not there.
        case workingDirectory
        /// The shell cannot be started.
        case spawn
        /// The process runs or ran, and its end or output cannot be had.
        case supervision
    }

    public let code: Code
    public let message: String
    public let cause: String?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause.map { "\($0)" }
    }

    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}

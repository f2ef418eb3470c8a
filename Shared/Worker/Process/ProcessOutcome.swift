import Contracts

/// How a step's process ended.
public enum ProcessOutcome: Sendable, Hashable {
    /// With this exit code.
    case exited(Int32)
    /// By this signal.
    case killed(signal: Int32)
    /// The step's script went no further, and said why.
    case refused(Int32, String)
    /// With this exit code after it was told to end: what it would have come to is unknown, also where that is 0.
    case stopped(Int32)

    public var isSuccess: Bool { self == .exited(0) }

    /// The exit code as a shell would tell it: 128 and the signal's number for a process that was killed.
    public var exitCode: Int32 {
        switch self {
        case .exited(let code), .refused(let code, _), .stopped(let code): code
        case .killed(let signal): 128 + signal
        }
    }

    /// For people: what happened, or `nil` on success and after a stop, whose reason is that of whoever asked for it.
    public var reason: String? {
        switch self {
        case .exited(0), .stopped: nil
        case .exited(let code): "exit code \(code)\(explanation.map { ": \($0)" } ?? "")"
        case .killed(let signal): explanation ?? "killed by signal \(signal)"
        case .refused(_, let reason): reason
        }
    }

    /// What stands behind an exit code that no program chose, or a signal; `nil` for a code of the program's.
    public var explanation: String? {
        switch self {
        case .exited(126): "a command could not be executed: it is not executable, or made for another kind of machine"
        case .exited(127): "a command was not found"
        case .exited(let code): code > 128 ? Self.explain(signal: code - 128) : nil
        case .killed(let signal): Self.explain(signal: signal)
        case .refused(_, let reason): reason
        case .stopped: nil
        }
    }

    private static func explain(signal: Int32) -> String? {
        let (name, cause): (String, String)
        switch signal {
        case 1: (name, cause) = ("SIGHUP", "its terminal was gone")
        case 2: (name, cause) = ("SIGINT", "it was interrupted")
        case 3: (name, cause) = ("SIGQUIT", "it was asked to quit")
        case 4: (name, cause) = ("SIGILL", "it has an instruction that this machine does not have")
        case 6: (name, cause) = ("SIGABRT", "it gave up by itself")
        case 7: (name, cause) = ("SIGBUS", "it used memory that is not there")
        case 8: (name, cause) = ("SIGFPE", "a division by zero or the like")
        case 9: (name, cause) = ("SIGKILL", "out of memory or by hand")
        case 11: (name, cause) = ("SIGSEGV", "a segmentation fault")
        case 13: (name, cause) = ("SIGPIPE", "what read its output had ended")
        case 15: (name, cause) = ("SIGTERM", "it was asked to end")
        case 24: (name, cause) = ("SIGXCPU", "it used more processor time than it may")
        case 25: (name, cause) = ("SIGXFSZ", "it wrote a larger file than it may")
        case 31: (name, cause) = ("SIGSYS", "it made a system call that it may not")
        default: return nil
        }
        return "killed by signal \(signal) (\(name), \(cause))"
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
        /// The process runs or ran, and its end or output cannot be read.
        case supervision
    }

    public let code: Code
    public let message: String
    public let cause: String?
    /// Where the machine is short of something: why the job is handed back.
    let handBack: JobFinished.HandBack?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        handBack = cause.flatMap { JobFailure(message, of: $0).handBack }
        self.message = message
        self.cause = cause.map { "\($0)" }
    }

    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}

/// What is set in the environment of every process a worker starts, so that it is found again whoever its parent is
/// by now: also one that left its session, and one whose worker was killed.
public struct ProcessMark: Sendable, Hashable {
    /// The variable the mark is in. `SLIPWAY_JOB` beside it is for people.
    public static let variable = "SLIPWAY_PROCESS"

    /// `<worker>/`, `<worker>/<job>.<attempt>/` or `<worker>/<job>.<attempt>/<step>/`; each begins with the one
    /// before it, and none of them with another's.
    public let text: String

    /// All processes of a worker.
    public init(worker: String) {
        text = "\(Self.plain(worker))/"
    }

    /// All processes of one attempt of a job.
    public init(worker: String, job: String, attempt: Int) {
        text = "\(Self.plain(worker))/\(Self.plain(job)).\(attempt)/"
    }

    /// All processes of a step, told from others of the job by a number.
    public func step(_ number: UInt64) -> ProcessMark {
        ProcessMark(text: "\(text)\(number)/")
    }

    private init(text: String) {
        self.text = text
    }

    private static func plain(_ name: String) -> String {
        String(name.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    }
}

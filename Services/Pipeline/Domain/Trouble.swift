import Contracts

/// Something that somebody has to look after, for as long as it lasts.
struct Trouble: Sendable, Equatable {
    var kind: TroubleKind
    /// What it is of: a worker, a folder, another platform. One of a kind and a subject is one trouble, however long it
    /// lasts.
    var subject: String
    /// In words, as it was first seen.
    var message: String

    /// How long it has to be gone until it is over: what comes and goes is one trouble.
    static let quiet = Duration.seconds(120)
    /// How often it is looked for.
    static let interval = Duration.seconds(15)
    /// How many of one kind are told of: no more help anybody.
    static let limit = 100

    /// Parked messages.
    static func parked(_ count: Int) -> Trouble? {
        guard count > 0 else { return nil }
        let what = count == 1 ? "1 message is" : "\(count) messages are"
        return Trouble(
            kind: .parkedMessages, subject: "parked",
            message: "\(what) parked, which no service could handle; see slipway dead list")
    }

    /// A worker that says what it is short of.
    static func sick(_ worker: Worker) -> Trouble? {
        worker.problem.map {
            Trouble(kind: .sickWorker, subject: worker.name, message: "\(worker.name) takes no jobs: \($0)")
        }
    }

    /// A disk on which no more is free than has to stay free.
    /// - Parameter problem: what is wrong, in words.
    static func disk(_ folder: String, on host: String, problem: String) -> Trouble {
        Trouble(kind: .fullDisk, subject: "\(host):\(folder)", message: "on \(host): \(problem)")
    }

    /// Another platform with a database of its own, which is told to stop.
    static func refused(_ platform: String) -> Trouble {
        Trouble(
            kind: .refusedPlatform, subject: platform,
            message: "another platform with a database of its own comes to this broker, and is refused: \(platform)")
    }
}

import Contracts
import Storage

/// Why an operation was not carried out: of which kind the refusal is, and what a person needs to know.
struct OperationError: Error, Sendable, Equatable, CustomStringConvertible {
    enum Kind: Sendable, CaseIterable {
        /// What was asked for makes no sense, whatever the platform holds.
        case invalid
        /// Nobody knows who asks.
        case notSignedIn
        /// Who asks may not do this.
        case forbidden
        case notFound
        /// It makes sense, and what the platform holds is in its way.
        case conflict
        /// The disk has no room.
        case noSpace
        /// The store cannot be reached: whether the operation took place is not known.
        case unavailable
        /// The store is held by somebody else: the operation did not take place.
        case busy
        /// Who asks has asked too often.
        case tooMany
    }

    var kind: Kind
    var problem: Problem
    /// After how many seconds it may be asked again, where that is known.
    var retryAfter: Int?

    /// - Parameters:
    ///   - code: a closed, stable word a program can act on.
    ///   - message: what was wrong, with the value that was.
    ///   - remedy: what to do about it.
    ///   - details: several findings, one a line.
    ///   - retryAfter: in how many seconds it may be asked again.
    init(
        _ kind: Kind, _ code: String, _ message: String, remedy: String? = nil, details: [String]? = nil,
        retryAfter: Int? = nil
    ) {
        self.kind = kind
        self.retryAfter = retryAfter
        problem = Problem(code: code, message: message, remedy: remedy, details: details)
    }

    /// The refusal that an error of the store is; `nil` for one that is the service's own fault.
    init?(_ error: any Error) {
        switch error {
        case let error as OperationError: self = error
        case let error as StoreError where error.code == .full:
            self.init(.noSpace, "disk_full", "the service's disk is full", remedy: "make room on it")
        case let error as StoreError where error.code == .unavailable || error.code == .refused:
            self.init(
                .unavailable, "store_unavailable", "the service's store cannot be reached",
                remedy: "look whether it took place, and try again once the store is back")
        case let error as StoreError where error.code == .busy:
            self.init(
                .busy, "store_busy",
                "the service's database is busy: another process has held it for too long, and nothing was done",
                remedy: "try again in a few seconds; if it lasts, see what else has the database open")
        default: return nil
        }
    }

    var description: String { problem.description }
}

extension OperationError {
    static func invalid(
        _ code: String, _ message: String, remedy: String? = nil, details: [String]? = nil
    ) -> OperationError {
        OperationError(.invalid, code, message, remedy: remedy, details: details)
    }

    static func unknown(_ run: RunID) -> OperationError {
        OperationError(.notFound, "unknown_run", "there is no run “\(run)”")
    }

    static func removed(_ removal: Removal) -> OperationError {
        OperationError(
            .notFound, "unknown_run",
            "\(removal.repository)#\(removal.number) is not kept any more: retention removed it at "
                + "\(removal.removedAt)",
            remedy:
                "runs that are to be kept for longer: slipway repo keep, or SLIPWAY_KEEP_DAYS and SLIPWAY_KEEP_RUNS of "
                + "pipeline")
    }

    /// - Parameter command: what registers it, where more is known of it than its path.
    static func unknown(_ path: RepositoryPath, command: String? = nil) -> OperationError {
        OperationError(
            .notFound, "unknown_repository", "the repository “\(path)” is not registered",
            remedy: "register it: \(command ?? path.addCommand(cloneURL: nil))")
    }

    static func unknown(component name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_component", "there is no component “\(name)”", remedy: "see slipway component list")
    }

    static func unknown(environment name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_environment", "there is no environment “\(name)”",
            remedy: "see slipway environment list; slipway environment add makes one")
    }

    static func unknown(worker name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_worker", "there is no builder or deployer “\(name)”, nor was there one in the last day",
            remedy: "see slipway worker list")
    }

    static func unknown(pool name: String) -> OperationError {
        OperationError(
            .notFound, "unknown_pool", "the pool “\(name)” has no rules",
            remedy: "see slipway pool list; slipway pool set gives it some")
    }

    static func unknown(_ message: MessageID) -> OperationError {
        OperationError(.notFound, "unknown_message", "no message “\(message)” is parked")
    }
}

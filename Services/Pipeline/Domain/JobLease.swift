import Contracts

/// Who has a job, until when, and what counts of what is said about it. Work is leased, not held: a worker that is
/// lost gives its job back by silence, and what it still says afterwards is told apart by its attempt.
struct JobLease: Sendable, Equatable {
    enum State: String, Sendable, CaseIterable {
        /// A rollout that waits to be approved, or for the end of a freeze; no worker knows of it.
        case waiting
        /// Waits for an earlier rollout of its workload to end; no worker knows of it.
        case held
        /// Waits in its queue for a worker.
        case queued
        case leased
        case finished, cancelled, superseded

        var isFinal: Bool {
            switch self {
            case .waiting, .held, .queued, .leased: false
            case .finished, .cancelled, .superseded: true
            }
        }
    }

    /// How many workers in a row may be lost with one job, none of which was heard of after the grant, before it is given
    /// up: by then it is the job that kills them.
    static let maximumLosses = 5
    /// As which attempt it is not given to another worker where one is lost with it, however long each was heard of.
    static let maximumAttempts = 25
    /// What a worker gets beyond the time limit to stop the job and report by itself.
    static let grace = Duration.seconds(60)

    var state: State = .queued
    /// The number of the grant that holds, or that is next.
    var attempt = 1
    /// How many grants in a row ended in silence, without a sign of life before.
    var losses = 0
    var worker: String?
    /// What the worker's claim was, so that it is answered alike where it comes again.
    var claim: String?
    /// Which life of the worker it was; `nil` for one that does not tell.
    var life: String?
    /// Whether the worker was heard of since the grant: then it surely has it.
    var isConfirmed = false
    /// When the lease runs out.
    var until: HeardTime?
    /// When the job is stopped, whoever has it.
    var deadline: HeardTime?
    /// Why it is in its final state, or who gave it back unfinished and why, for people.
    var reason: String?
    /// Why its worker was told to stop; it is still to say that it has.
    var stopping: String?

    // MARK: - What workers say

    enum Claim: Sendable, Equatable {
        case granted
        case refused(JobClaimReply.Refusal.Code, String)
        /// The same worker asks a second time: its answer was lost, or it was started anew. Whether the first grant was
        /// acted on cannot be known, so it ends and the job is queued again under the next attempt, at once.
        case requeued
        /// The same, and it was the last time.
        case gaveUp(String)
    }

    mutating func claim(
        attempt claimed: Int, worker name: String, claim: String? = nil, life: String? = nil, now: HeardTime,
        length: Duration, timeLimit: Duration
    ) -> Claim {
        switch state {
        case .waiting:
            return .refused(.taken, "it waits for approval, for the end of a freeze, for its source, or for a registry")
        case .held: return .refused(.taken, "it waits for an earlier rollout of the same workload to end")
        case .finished: return .refused(.finished, "it has ended")
        case .cancelled: return .refused(.cancelled, reason ?? "it was cancelled")
        case .superseded: return .refused(.superseded, reason ?? "a newer rollout took its place")
        case .queued, .leased: break
        }
        if claimed < attempt { return .refused(.newerAttempt, "attempt \(attempt) of it took the place of \(claimed)") }
        if claimed > attempt { return .refused(.unknown, "attempt \(claimed) of it was never handed out") }
        if state == .leased {
            if let stopping { return .refused(.cancelled, stopping) }
            guard worker == name, !isConfirmed else {
                return .refused(.taken, "worker \(worker ?? "unknown") has it")
            }
            switch lose() {
            case .failed(let reason), .stopped(let reason): return .gaveUp(reason)
            case .requeued, .notYet: return .requeued
            }
        }
        state = .leased
        reason = nil
        worker = name
        self.claim = claim
        self.life = life
        isConfirmed = false
        until = now.adding(length)
        deadline = now.adding(timeLimit).adding(Self.grace)
        return .granted
    }

    /// A sign of life.
    /// - Returns: `false` for one of an attempt that no longer counts.
    mutating func renew(attempt: Int, until end: HeardTime) -> Bool {
        guard state == .leased, attempt == self.attempt else { return false }
        isConfirmed = true
        losses = 0
        until = end
        return true
    }

    /// Its worker says it ended.
    /// - Returns: `false` for an attempt that no longer counts.
    mutating func finish(attempt: Int, reason: String?) -> Bool {
        guard state == .leased, attempt == self.attempt else { return false }
        end(.finished, reason)
        return true
    }

    /// Its worker hands it back unfinished; no loss, since it says so.
    /// - Parameter reason: why, for people.
    /// - Returns: ``Expiry/notYet`` for an attempt that no longer counts.
    mutating func release(attempt: Int, reason: String? = nil) -> Expiry {
        guard state == .leased, attempt == self.attempt else { return .notYet }
        if let stopping {
            end(.cancelled, stopping)
            return .stopped(stopping)
        }
        let words = "\(worker ?? "its worker") gave it back" + (reason.map { ": \($0)" } ?? "")
        guard attempt < Self.maximumAttempts else {
            let reason = "it was given out \(attempt) times and never done; \(words)"
            end(.finished, reason)
            return .failed(reason)
        }
        requeue()
        self.reason = words
        return .requeued
    }

    /// Why the worker of an attempt is told to stop that no longer counts; `nil` where it needs no telling: a job that
    /// ended well is only reported again.
    func stopReason(of attempt: Int) -> String? {
        guard attempt < self.attempt || isCalledOff else { return nil }
        return reason ?? "attempt \(self.attempt) took the place of attempt \(attempt)"
    }

    /// Whether nobody is to go on with what its workers began.
    var isCalledOff: Bool { state == .cancelled || state == .superseded }

    // MARK: - What time and people say

    enum Expiry: Sendable, Equatable {
        case notYet
        /// Queued again as the next attempt.
        case requeued
        case failed(String)
        /// It was being stopped, and its worker does not say any more that it has.
        case stopped(String)
    }

    mutating func expire(now: HeardTime) -> Expiry {
        guard state == .leased else { return .notYet }
        if stopping != nil {
            guard let next = [until, deadline].compactMap({ $0 }).min(), next <= now else { return .notYet }
            return lose()
        }
        if let deadline, deadline <= now {
            let reason = "it did not end within its time limit, nor did its worker stop it"
            end(.finished, reason)
            return .failed(reason)
        }
        guard let until, until <= now else { return .notYet }
        return lose()
    }

    /// The life of its worker that had it is over.
    mutating func workerEnded() -> Expiry { state == .leased ? lose() : .notYet }

    /// It may not be done: no worker gets it any more.
    mutating func refuse(_ reason: String) {
        guard state == .waiting || state == .held || state == .queued else { return }
        end(.finished, reason)
    }

    /// Nobody waits for it any more.
    mutating func abandon(_ reason: String) {
        guard !state.isFinal else { return }
        end(.finished, reason)
    }

    enum Stop: Sendable, Equatable {
        /// It has ended already.
        case nothing
        /// No worker has it: it is over.
        case ended
        /// Its worker has to be told, and ends it.
        case tellWorker
    }

    /// Ends it where no worker has it, else has it stopped.
    mutating func stop(_ reason: String, now: HeardTime, as state: State = .cancelled) -> Stop {
        switch self.state {
        case .finished, .cancelled, .superseded: return .nothing
        case .waiting, .held, .queued:
            end(state, reason)
            return .ended
        case .leased:
            stopping = stopping ?? reason
            // A worker that cannot stop it within this time is given up.
            let limit = now.adding(Self.grace)
            deadline = min(deadline ?? limit, limit)
            return .tellWorker
        }
    }

    private mutating func lose() -> Expiry {
        if let stopping {
            end(.cancelled, stopping)
            return .stopped(stopping)
        }
        losses += 1
        guard losses < Self.maximumLosses, attempt < Self.maximumAttempts else {
            let reason =
                (losses < Self.maximumLosses
                    ? "it was given out \(attempt) times and its worker was lost"
                    : "\(losses) workers in a row were lost while they had it")
                + ", the last was \(worker ?? "unknown"); look at their logs before running it again"
            end(.finished, reason)
            return .failed(reason)
        }
        requeue()
        return .requeued
    }

    private mutating func requeue() {
        state = .queued
        attempt += 1
        worker = nil
        claim = nil
        life = nil
        isConfirmed = false
        until = nil
        deadline = nil
    }

    private mutating func end(_ state: State, _ reason: String?) {
        self.state = state
        self.reason = reason
        until = nil
        deadline = nil
    }
}

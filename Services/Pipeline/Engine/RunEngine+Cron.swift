import Contracts
import Logging
import Storage

/// Runs that start by the clock.
///
/// Whatever processes of the service there are, all look: each firing is one transaction that has the schedule go on and
/// makes the run, whose trigger is that of the schedule and of the time it was due, and unique.
extension RunEngine {
    /// Fires the schedules that are due, each in a transaction of its own: what is wrong with one holds up no other.
    func fireSchedules(now: Timestamp = .now) async throws {
        var failure: (any Error)?
        for key in try await store.read({ try $0.schedules.due(now: now) }) {
            do {
                try await store.write(now: now) { try look(at: key, in: $0) }
            } catch let error as CancellationError {
                throw error
            } catch {
                // It may be over in a moment; with the database nothing can be said of the schedule.
                let isOutage = (error as? StoreError)?.isOutage == true
                if isOutage || key.next.map({ $0.adding(Schedule.tolerance) >= now }) ?? true {
                    failure = error
                } else {
                    try await store.write(now: now) { try pass(key, "\(error)", in: $0) }
                }
            }
        }
        if let failure { throw failure }
    }

    /// Has those go on that could not, where what they lacked is there: at the start of the service.
    func resumeSchedules(now: Timestamp = .now) async throws {
        for key in try await store.read({ try $0.schedules.stopped() }) {
            do {
                try await store.write(now: now) { transaction in
                    guard let known = try transaction.schedules.find(key.name, of: key.repository), known.next == nil,
                        known.pausedBy == nil
                    else { return }
                    var schedule = known
                    do {
                        try schedule.plan(after: now, zone: zones.read(known.zone))
                    } catch {
                        return tell(known)
                    }
                    _ = try transaction.schedules.advance(schedule, from: known)
                }
            } catch let error as StoreError where !error.isOutage {
                logger.error(
                    "a schedule cannot be read",
                    metadata: ["repository": "\(key.repository)", "name": "\(key.name)", "error": "\(error)"])
            }
        }
    }

    /// Goes on to the next time and makes the run that is due, where no other process has.
    private func look(at key: ScheduleStore.Key, in transaction: Transaction) throws {
        guard let known = try transaction.schedules.find(key.name, of: key.repository), known.next == key.next else {
            return
        }
        var schedule = known
        switch schedule.look(now: transaction.now, zone: zones.read(known.zone)) {
        case .wait:
            _ = try transaction.schedules.advance(schedule, from: known)
        case .stop:
            guard try transaction.schedules.advance(schedule, from: known) else { return }
            try emitFailure(of: schedule, in: transaction)
        case .skip(let due):
            guard try transaction.schedules.advance(schedule, from: known) else { return }
            try emitMiss(due, of: schedule, in: transaction)
        case .run(let due):
            let trigger = schedule.trigger(due: due)
            // It has fired then: the clock was put back since.
            guard try !transaction.schedules.hasFired(trigger) else {
                _ = try transaction.schedules.advance(schedule, from: known)
                return
            }
            let run = RunID.make(at: transaction.now)
            (schedule.lastRun, schedule.lastAt) = (run, due)
            guard try transaction.schedules.advance(schedule, from: known) else { return }
            if schedule.isMissed(due, now: transaction.now) { try emitMiss(due, of: schedule, in: transaction) }
            try request(run, trigger, of: schedule, in: transaction)
        }
    }

    private func request(
        _ run: RunID, _ trigger: MessageID, of schedule: Schedule, in transaction: Transaction
    ) throws {
        // It is removed with its schedules.
        guard let repository = try transaction.repositories.find(schedule.repository) else { return }
        _ = try requestRun(
            for: Trigger(
                id: trigger, event: .cron, repository: repository.path,
                ref: "refs/heads/\(schedule.branch ?? repository.defaultBranch)", cron: schedule.name,
                parameters: schedule.parameters, run: run, receivedAt: transaction.now),
            given: nil, of: repository, by: schedule.caller, isByHand: false, in: transaction)
    }

    /// Gives up what was due, for a reason that does not end; the next time is tried again.
    private func pass(_ key: ScheduleStore.Key, _ reason: String, in transaction: Transaction) throws {
        guard let known = try? transaction.schedules.find(key.name, of: key.repository) else {
            try transaction.schedules.stop(key, reason)
            return logger.error(
                "a schedule cannot be read",
                metadata: ["repository": "\(key.repository)", "name": "\(key.name)", "error": "\(reason)"])
        }
        var schedule = known
        if schedule.look(now: transaction.now, zone: zones.read(known.zone)) != .stop { schedule.problem = reason }
        guard try transaction.schedules.advance(schedule, from: known) else { return }
        try emitFailure(of: schedule, in: transaction)
    }

    // MARK: - Telling

    private func emitMiss(_ due: Timestamp, of schedule: Schedule, in transaction: Transaction) throws {
        let rest = schedule.missed == .catchUp ? "one run makes up for all that was missed" : "nothing makes up for it"
        logger.notice(
            "a schedule missed its time",
            metadata: [
                "repository": "\(schedule.repository)", "name": "\(schedule.name)", "until": "\(due)",
                "reason": "\(rest)",
            ])
        try transaction.emit(
            .schedule(
                .scheduleMissed, schedule.name, of: schedule.repository,
                message: "the schedule “\(schedule.name)” missed its time, \(due): \(rest)",
                id: MessageID(rawValue: "\(schedule.trigger(due: due))/missed"), service: "pipeline",
                at: transaction.now), run: nil)
    }

    private func emitFailure(of schedule: Schedule, in transaction: Transaction) throws {
        tell(schedule)
        let what = schedule.next == nil ? "starts no run any more" : "could not start its run"
        try transaction.emit(
            .schedule(
                .scheduleFailed, schedule.name, of: schedule.repository,
                message: "the schedule “\(schedule.name)” \(what): \(schedule.problem ?? "")",
                id: MessageID(rawValue: "cron-\(schedule.id)-\(transaction.now.milliseconds)/failed"),
                service: "pipeline", at: transaction.now), run: nil)
    }

    private func tell(_ schedule: Schedule) {
        logger.error(
            schedule.next == nil
                ? "a schedule starts no run any more: save it again" : "a schedule could not start its run",
            metadata: [
                "repository": "\(schedule.repository)", "name": "\(schedule.name)",
                "error": "\(schedule.problem ?? "")",
            ])
    }
}

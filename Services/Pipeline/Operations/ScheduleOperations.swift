import Contracts

/// When runs of a repository start by themselves.
struct ScheduleOperations: Sendable {
    let engine: RunEngine

    /// By name.
    func all(of path: RepositoryPath, as principal: Principal) async throws -> [ScheduleView] {
        try principal.require(.seeSchedules, in: path)
        let schedules = try await engine.store.read { tables in
            _ = try RepositoryOperations.find(path, in: tables, as: principal)
            return try tables.schedules.all(of: path)
        }
        return schedules.map { view($0, for: principal) }
    }

    func view(_ name: String, of path: RepositoryPath, as principal: Principal) async throws -> ScheduleView {
        try principal.require(.seeSchedules, in: path)
        let schedule = try await engine.store.read { try Self.find(name, of: path, in: $0, as: principal) }
        return view(schedule, for: principal)
    }

    /// Saves a schedule whole: what is not given is as usual, whatever it was. One that is paused stays so.
    func save(
        _ request: ScheduleRequest, as name: String, of path: RepositoryPath, by principal: Principal
    ) async throws -> (view: ScheduleView, isNew: Bool) {
        try principal.require(.saveSchedule, in: path)
        guard KeptName.isValid(name) else { throw KeptName.malformed("schedule", name) }
        let expression = try Self.checked(request)
        let zone = request.zone ?? "UTC"
        let rules = engine.zones.read(zone)
        if case .failure(let error) = rules { throw OperationError.invalid("unknown_zone", "\(error)") }
        return try await engine.store.write(as: principal) { transaction in
            _ = try RepositoryOperations.find(path, in: transaction, as: principal)
            let known = try transaction.schedules.find(name, of: path)
            if known == nil, try transaction.schedules.count(of: path) >= Schedule.limit {
                throw OperationError(
                    .conflict, "many_schedules", "\(path) has \(Schedule.limit) schedules, which is the most",
                    remedy: "remove one: slipway cron remove \(path) NAME")
            }
            var schedule = Schedule(
                id: MessageID.make(at: transaction.now).rawValue, repository: path, name: name,
                expression: expression.text, zone: zone, branch: request.branch, parameters: request.parameters ?? [:],
                missed: request.missed ?? .catchUp, lookedAt: transaction.now, updatedBy: principal.caller,
                updatedAt: transaction.now)
            do {
                try schedule.begin(insteadOf: known, zone: rules)
            } catch {
                throw OperationError.invalid("malformed_schedule", "\(error)")
            }
            try transaction.schedules.save(schedule)
            try transaction.audit(
                .saveSchedule, by: principal, of: "\(name) of \(path)", in: path,
                before: known.map { try .audited(Self.audited($0)) }, after: .audited(Self.audited(schedule)))
            transaction.deadlinesChanged()
            return (view(schedule, for: principal), known == nil)
        }
    }

    func remove(_ name: String, of path: RepositoryPath, as principal: Principal) async throws {
        try principal.require(.removeSchedule, in: path)
        try await engine.store.write(as: principal) { transaction in
            let known = try Self.find(name, of: path, in: transaction, as: principal)
            _ = try transaction.schedules.remove(name, of: path)
            try transaction.audit(
                .removeSchedule, by: principal, of: "\(name) of \(path)", in: path,
                before: .audited(Self.audited(known)))
        }
    }

    /// Has a schedule start no runs until it is resumed. Said again it says the same.
    func pause(_ name: String, of path: RepositoryPath, as principal: Principal) async throws {
        try principal.require(.pauseSchedule, in: path)
        try await engine.store.write(as: principal) { transaction in
            var schedule = try Self.find(name, of: path, in: transaction, as: principal)
            guard schedule.pausedBy == nil else { return }
            schedule.pause(by: principal.caller)
            schedule.updatedAt = transaction.now
            try transaction.schedules.save(schedule)
            try transaction.audit(
                .pauseSchedule, by: principal, of: "\(name) of \(path)", in: path, after: .string("paused"))
        }
    }

    /// Has a paused schedule start runs again; what was due meanwhile is left out. Said again it says the same.
    func resume(_ name: String, of path: RepositoryPath, as principal: Principal) async throws {
        try principal.require(.resumeSchedule, in: path)
        try await engine.store.write(as: principal) { transaction in
            var schedule = try Self.find(name, of: path, in: transaction, as: principal)
            guard let pausedBy = schedule.pausedBy else { return }
            do {
                try schedule.resume(now: transaction.now, zone: engine.zones.read(schedule.zone))
            } catch {
                throw OperationError.invalid(
                    "malformed_schedule", "\(error)", remedy: "save it with another: slipway cron set \(path) \(name)")
            }
            schedule.updatedAt = transaction.now
            try transaction.schedules.save(schedule)
            try transaction.audit(
                .resumeSchedule, by: principal, of: "\(name) of \(path)", in: path,
                before: .object(["pausedBy": .string(pausedBy.account)]))
            transaction.deadlinesChanged()
        }
    }

    /// What it starts a run with now, by hand.
    func request(_ name: String, of path: RepositoryPath, as principal: Principal) async throws -> RunRequest {
        try principal.require(.startRun, in: path)
        return try await engine.store.read { tables in
            let schedule = try Self.find(name, of: path, in: tables, as: principal)
            return RunRequest(
                repository: path, ref: schedule.branch.map { "refs/heads/\($0)" }, event: .cron, cron: schedule.name,
                parameters: schedule.parameters.isEmpty ? nil : schedule.parameters)
        }
    }

    // MARK: - Parts

    private func view(_ schedule: Schedule, for principal: Principal) -> ScheduleView {
        schedule.view(
            in: engine.zones.read(schedule.zone), isWhole: principal.may(.saveSchedule, in: schedule.repository))
    }

    private static func find(
        _ name: String, of path: RepositoryPath, in tables: some Tables, as principal: Principal
    ) throws -> Schedule {
        _ = try RepositoryOperations.find(path, in: tables, as: principal)
        guard KeptName.isValid(name) else { throw KeptName.malformed("schedule", name) }
        guard let schedule = try tables.schedules.find(name, of: path) else {
            throw OperationError(
                .notFound, "unknown_schedule", "\(path) has no schedule “\(name)”",
                remedy: "see slipway cron list \(path); slipway cron set makes one")
        }
        return schedule
    }

    private static func checked(_ request: ScheduleRequest) throws(OperationError) -> CronExpression {
        if let branch = request.branch, let problem = GitRef.branchProblem(branch) {
            throw .invalid("malformed_ref", problem, remedy: "give a branch, or leave it out for the default branch")
        }
        do {
            return try CronExpression(request.expression)
        } catch {
            throw .invalid("malformed_schedule", error.text)
        }
    }

    /// What the audit log has of it: the values of parameters are of the runs alone.
    private static func audited(_ schedule: Schedule) -> ScheduleRequest {
        ScheduleRequest(
            expression: schedule.expression, zone: schedule.zone, branch: schedule.branch,
            parameters: schedule.parameters.mapValues { _ in "given" }, missed: schedule.missed)
    }
}

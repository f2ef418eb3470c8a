import Contracts
import FoundationEssentials
import PipelineLanguage
import Storage

/// What people do with runs.
struct RunActions: Sendable {
    let engine: RunEngine
    let reader: RunReader

    /// Starts a run by hand: it waits for its source, then runs what was given, or what a push would run.
    /// - Throws: ``APIError`` for an unknown repository or component, for a document that is no process, and for an event
    ///   that nobody can make by hand.
    func start(_ request: RunRequest, by sender: String? = nil) async throws -> RunView {
        let compiled = try request.document.map { try Self.compile($0) }
        let run = try await engine.store.write { transaction in
            let database = transaction.database
            guard let repository = try RepositoryStore(database: database).find(request.repository) else {
                throw RepositoryRoutes.unknown(request.repository)
            }
            var given: GivenProcess?
            let components = ComponentStore(database: database)
            if let compiled {
                try components.keep(process: compiled.document, digest: compiled.digest, now: transaction.now)
                given = GivenProcess(
                    digest: compiled.digest, note: "a document", warnings: compiled.warnings)
            } else if let name = request.component {
                guard let component = try components.find(name) else { throw ComponentRoutes.unknown(name) }
                given = GivenProcess(
                    component: name, digest: component.digest,
                    note: "component “\(name)”, revision \(component.revision)")
            }
            if let given, let document = try components.process(given.digest) {
                try Self.check(request.parameters ?? [:], of: document)
            }
            let trigger = try Trigger(
                byHand: request, defaultBranch: repository.defaultBranch, sender: sender, now: transaction.now)
            return try ask(for: trigger, given: given, repository, in: transaction)
        }
        return try await view(run)
    }

    /// Runs the same commit with the same process and parameters once more.
    func again(_ id: RunID, by sender: String? = nil) async throws -> RunView {
        let run = try await engine.store.write { transaction in
            let runs = RunStore(database: transaction.database)
            guard let summary = try runs.summary(id), let details = try runs.details(id) else { throw Self.unknown(id) }
            guard let repository = try RepositoryStore(database: transaction.database).find(summary.repository) else {
                throw RepositoryRoutes.unknown(summary.repository)
            }
            var trigger = details.trigger
            trigger.id = .make(at: transaction.now)
            trigger.run = .make(at: transaction.now)
            trigger.commit = summary.commit?.sha ?? trigger.commit
            trigger.sender = sender ?? trigger.sender
            trigger.parent = summary.number
            trigger.skip = false
            trigger.receivedAt = transaction.now
            let given = details.choice.flatMap { choice -> GivenProcess? in
                // Nothing was compiled then: it is chosen anew.
                guard !choice.digest.isEmpty else { return nil }
                return GivenProcess(
                    component: choice.source == .component ? choice.name : nil, digest: choice.digest,
                    note: "the process of run #\(summary.number)")
            }
            return try ask(for: trigger, given: given ?? details.given, repository, in: transaction)
        }
        return try await view(run)
    }

    /// Ends a run: what waits does not start, what runs is stopped. One that is over stays as it is.
    func cancel(_ id: RunID, reason: String = "cancelled by hand") async throws -> RunView {
        try await engine.store.write { transaction in
            let runs = RunStore(database: transaction.database)
            guard var summary = try runs.summary(id) else { throw Self.unknown(id) }
            if summary.state.isFinal { return }
            if try engine.update(id, in: transaction, { current in try current.tell { $0.cancel(reason: reason) } }) {
                return
            }
            // Still without its source: what comes of it is ignored.
            summary.state = .cancelled
            summary.reason = reason
            summary.finishedAt = transaction.now
            try runs.update(summary)
            if let details = try runs.details(id) {
                try transaction.emit(engine.events.finished(summary, details), run: id)
            }
            transaction.changed(id)
        }
        return try await view(id)
    }

    /// Makes a run that waits for its source.
    private func ask(
        for trigger: Trigger, given: GivenProcess?, _ repository: Repository, in transaction: Transaction
    ) throws -> RunID {
        var run = try engine.newRun(trigger, in: transaction)
        run.reason = "waits for the source"
        let details = RunDetails(trigger: trigger, given: given)
        try RunStore(database: transaction.database).insert(run, details: details)
        try transaction.send(
            SyncRequested(trigger: trigger, cloneURL: repository.cloneURL), id: trigger.id, run: run.id)
        transaction.changed(run.id)
        return run.id
    }

    private func view(_ id: RunID) async throws -> RunView {
        guard let view = try await reader.view(id) else { throw Self.unknown(id) }
        return view
    }

    private static func compile(_ document: JSONValue) throws -> CompiledProcess {
        try ComponentRoutes.check(document, name: "document")
    }

    private static func check(_ parameters: [String: String], of document: String) throws {
        do {
            _ = try ProcessCompiler.values(of: document, given: parameters)
        } catch let failure as CompileFailure {
            throw APIError.badRequest("malformed_parameters", failure.summary)
        }
    }

    static func unknown(_ id: RunID) -> APIError { .notFound("unknown_run", "there is no run “\(id)”") }
}

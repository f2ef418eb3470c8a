import Contracts
import FoundationEssentials
import HTTPClient

extension APIClient {
    func runs(
        repository: RepositoryPath? = nil, state: RunState? = nil, before: String? = nil, limit: Int
    ) async throws -> Page<RunSummary> {
        try await get(
            .runs,
            query: [
                ("repository", repository?.rawValue), ("state", state?.rawValue), ("before", before),
                ("limit", "\(limit)"),
            ])
    }

    func run(_ id: RunID) async throws -> RunView { try await get(.run, [id.rawValue]) }

    /// The run a person means.
    func run(_ reference: RunReference) async throws -> RunView {
        try await run(resolve(reference))
    }

    func resolve(_ reference: RunReference) async throws -> RunID {
        switch reference {
        case .latest:
            guard let newest = try await runs(limit: 1).items.first else {
                throw CommandError("there is no run yet", remedy: "start one with `slipway run REPO`")
            }
            return newest.id
        case .newest(let path):
            guard let newest = try await runs(repository: path, limit: 1).items.first else {
                throw CommandError("\(path) has no run yet", remedy: "start one with `slipway run \(path)`")
            }
            return newest.id
        case .numbered(let path, let number):
            return try await find(path, number)
        case .id(let text):
            return try await find(idBeginning: text)
        }
    }

    /// Numbers fall as a repository's runs are read from the newest on.
    private func find(_ path: RepositoryPath, _ number: Int) async throws -> RunID {
        var before: String?
        repeat {
            let page = try await runs(repository: path, before: before, limit: 200)
            if let found = page.items.first(where: { $0.number == number }) { return found.id }
            if let oldest = page.items.last, oldest.number < number { break }
            before = page.next
        } while before != nil
        throw CommandError("\(path) has no run \(number)", remedy: "see `slipway runs --repo \(path)`")
    }

    /// Identifiers sort by the moment they were made, so the search ends at the first that is older.
    private func find(idBeginning text: String) async throws -> RunID {
        if text.utf8.count == 26 { return RunID(rawValue: text) }
        var found: [RunSummary] = []
        var before: String?
        repeat {
            let page = try await runs(before: before, limit: 200)
            found += page.items.filter { $0.id.rawValue.hasPrefix(text) }
            if let oldest = page.items.last, oldest.id.rawValue < text { break }
            before = page.next
        } while before != nil && found.count < 2
        if found.count > 1 {
            throw CommandError(
                "“\(text)” is the beginning of more than one run’s id",
                remedy: "give more of it",
                details: found.prefix(5).map { "\($0.id)  \($0.repository)#\($0.number)" })
        }
        guard let only = found.first else {
            throw CommandError("no run’s id begins with “\(text)”", remedy: "see `slipway runs`")
        }
        return only.id
    }

    /// The run's events until the platform ends the stream.
    func events(of run: RunID, receive: (RunEvent) async throws -> Bool) async throws {
        let body = try await stream(.runEvents, [run.rawValue], accept: "text/event-stream")
        var parser = EventStreamParser()
        for try await bytes in body {
            for data in parser.receive(bytes) {
                guard try await receive(Wire.decode(RunEvent.self, from: Data(data))) else { return }
            }
        }
    }

    /// A step's log from an offset until it is complete.
    func followLog(
        of run: RunID, step: Int, from offset: Int64, receive: (Int64, String) async throws -> Void
    ) async throws {
        let body = try await stream(
            .log, [run.rawValue, "\(step)"],
            query: [("offset", "\(offset)"), ("follow", "1")], accept: "text/event-stream")
        var parser = EventStreamParser()
        for try await bytes in body {
            for data in parser.receive(bytes) {
                let piece = try Wire.decode(LogPiece.self, from: Data(data))
                try await receive(piece.offset, piece.text)
            }
        }
    }

    /// When a part of a step's log was written.
    func logTimes(of run: RunID, step: StepView, from offset: Int64) async throws -> LogTimes {
        try await get(
            .logTimes, [run.rawValue, "\(step.id)"],
            query: [("offset", "\(offset)"), ("attempt", "\(step.attempt)")])
    }

    /// A step's log from an offset to the end there is now, in pieces as they come.
    func log(
        of run: RunID, step: Int, from offset: Int64 = 0, receive: ([UInt8]) async throws -> Void
    ) async throws {
        let body = try await stream(
            .log, [run.rawValue, "\(step)"],
            query: [("offset", offset > 0 ? "\(offset)" : nil)], accept: "text/plain")
        for try await bytes in body { try await receive(bytes) }
    }
}

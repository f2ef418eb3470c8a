import Contracts
import Logging
import ServiceLifecycle
import Storage

/// Removes what is not kept any more: runs with their logs, processes that nothing refers to, parked messages. Once an hour,
/// and when a person asks for it.
///
/// It goes in small pieces, each a transaction of its own, and rests after each for as long as it took: others have the
/// writer for half of the time at least. Of several processes of the service one does it; where that one ends, the next goes
/// on from what is left.
struct RunCleaner: Service {
    let store: PipelineStore
    let retention: Retention
    let logs: LogStore
    let logger: Logger
    /// What this process is known by to others.
    private let holder = MessageID.make().rawValue

    init(store: PipelineStore, retention: Retention, logs: LogStore, logger: Logger) {
        self.store = store
        self.retention = retention
        self.logs = logs
        self.logger = logger
    }

    /// What has gone.
    struct Done: Sendable, Equatable {
        var runs = 0
        var rows = 0
        var logBytes: Int64 = 0
        var processes = 0
        var parked = 0
        /// Runs that nobody knows and that had logs.
        var folders = 0
        /// Pages of the database's file that went back to the disk.
        var pages = 0
    }

    /// Another process does it.
    struct Taken: Error {}

    private static let interval = Duration.seconds(3600)
    /// What has just been started has other things to do first.
    private static let patience = Duration.seconds(300)
    /// For how long it is this process's, from its last piece on.
    private static let hold = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var wakes = store.cleaning.wakes.makeAsyncIterator()
            var pause = Self.patience
            while !Task.isCancelled {
                let timer = Task { [cleaning = store.cleaning, pause] in
                    try await Task.sleep(for: pause)
                    cleaning.wake()
                }
                let isWoken = await wakes.next() != nil
                timer.cancel()
                guard isWoken, !Task.isCancelled else { return }
                await cleanAndTell()
                pause = Self.interval
            }
        }
    }

    private func cleanAndTell() async {
        do {
            let done = try await clean()
            guard done != Done() else { return }
            logger.info(
                "what is not kept any more was removed",
                metadata: ["count": "\(done.runs)", "bytes": "\(done.logBytes)"])
        } catch is CancellationError {
            // The next start goes on.
        } catch is Taken {
            logger.debug("another process removes what is not kept any more")
        } catch {
            logger.warning("what is not kept any more cannot be removed", metadata: ["error": "\(error)"])
        }
    }

    /// Removes all that is not kept any more.
    /// - Parameter sweepsAll: whether logs of unknown runs are looked for everywhere, and not in a part of the folders.
    /// - Throws: ``Taken`` where another process does it.
    func clean(now: Timestamp = .now, sweepsAll: Bool = false) async throws -> Done {
        do {
            let done = try await cleanAll(now: now, sweepsAll: sweepsAll)
            try await release()
            return done
        } catch {
            // Another process, or this one when it is asked again, need not wait for it.
            if !(error is Taken) { try? await release() }
            throw error
        }
    }

    private func release() async throws {
        try await store.write { [holder] in try $0.retention.release(Retention.duty, by: holder) }
    }

    private func cleanAll(now: Timestamp, sweepsAll: Bool) async throws -> Done {
        let search = RetentionSearch(store: store, retention: retention)
        let moment = try await search.moment(now)
        var done = Done()
        // What a life before this one did not come to.
        try await purge(&done)
        try await measure(before: moment.adding(.zero - retention.grace))
        try await search.each(now: moment, isRemoving: true) { runs in
            for batch in Self.batches(runs) { try await remove(batch, at: moment, &done) }
            try await purge(&done)
        }
        done.processes += try await all { try $0.removals.removeProcesses(limit: 100) }
        let parked = try await all { [retention] in
            try $0.deadLetters.removeSome(leaving: retention, at: moment, limit: 500)
        }
        if parked > 0 {
            done.parked = parked
            logger.warning("parked messages are not kept any more", metadata: ["count": "\(parked)"])
        }
        _ = try await all { try $0.removals.forget(before: moment.adding(.zero - Retention.memory), limit: 1_000) }
        try await sweep(sweepsAll ? nil : Int(moment.milliseconds / 3_600_000 % Int64(Self.parts)), &done)
        try await shrink(&done)
        return done
    }

    // MARK: - Pieces

    /// One transaction, and a rest for as long as it took.
    private func piece<Value: Sendable>(_ body: @escaping @Sendable (Transaction) throws -> Value) async throws -> Value
    {
        try Task.checkCancellation()
        let clock = ContinuousClock()
        let start = clock.now
        let value = try await store.write { [holder] transaction in
            let isOwn = try transaction.retention.take(
                Retention.duty, by: holder, for: Self.hold, now: transaction.now)
            guard isOwn else { throw Taken() }
            return try body(transaction)
        }
        try await Task.sleep(for: clock.now - start)
        return value
    }

    /// Pieces until there is nothing more to do.
    /// - Parameter body: says how much it did.
    private func all(_ body: @escaping @Sendable (Transaction) throws -> Int) async throws -> Int {
        var sum = 0
        while true {
            let count = try await piece(body)
            guard count > 0 else { return sum }
            sum += count
        }
    }

    // MARK: - Runs

    /// Those of one repository that go for one reason, 50 at most.
    private static func batches(_ runs: [RetentionSearch.Leaving]) -> [[RetentionSearch.Leaving]] {
        var batches: [[RetentionSearch.Leaving]] = []
        for run in runs {
            if let last = batches.last, let other = last.first, last.count < 50, other.reason == run.reason,
                other.run.repository == run.run.repository
            {
                batches[batches.count - 1].append(run)
            } else {
                batches.append([run])
            }
        }
        return batches
    }

    private func remove(_ batch: [RetentionSearch.Leaving], at moment: Timestamp, _ done: inout Done) async throws {
        guard let first = batch.first else { return }
        let (path, reason) = (first.run.repository, first.reason)
        let gone = try await piece { transaction -> [RetentionScan.Candidate] in
            // What was read before this transaction may have changed: only what is still so goes.
            let found = Set(try transaction.retention.candidates(batch.map(\.run.id), now: moment))
            let gone = try batch.map(\.run).filter { run in
                guard found.contains(run) else { return false }
                return try transaction.removals.add(run.id, now: transaction.now)
            }
            guard let oldest = gone.first, let newest = gone.last else { return [] }
            for run in gone { transaction.changed(run.id, of: path) }
            try transaction.audit(
                .removeRuns, of: path.rawValue, in: path,
                before: [
                    "runs": .integer(Int64(gone.count)), "first": .integer(Int64(oldest.number)),
                    "last": .integer(Int64(newest.number)), "reason": .string(reason.rawValue),
                    "logBytes": .integer(gone.reduce(0) { $0 + $1.logBytes }),
                ])
            return gone
        }
        done.runs += gone.count
        done.logBytes += gone.reduce(0) { $0 + $1.logBytes }
    }

    /// Removes what is left of runs that are gone: their rows, then their files. The files last, so that whatever ends this in
    /// between, a row tells that there may be some.
    private func purge(_ done: inout Done) async throws {
        while true {
            let (runs, rows) = try await piece { try $0.removals.purge(limit: 500) }
            done.rows += rows
            for run in runs {
                do {
                    try await logs.remove(run)
                } catch {
                    // One that cannot be removed keeps no others; the search for logs of unknown runs finds it again.
                    logger.warning(
                        "the log of a run cannot be removed", metadata: ["run": "\(run)", "error": "\(error)"])
                }
            }
            if !runs.isEmpty { try await piece { try $0.removals.finish(runs) } }
            if runs.isEmpty, rows == 0 { return }
        }
    }

    // MARK: - Logs

    /// Notes how long the logs of runs are that have ended.
    private func measure(before moment: Timestamp) async throws {
        var serial: Int64 = 0
        while true {
            let page = try await store.read { [serial] in
                try $0.retention.unmeasured(before: moment, after: serial, limit: 200)
            }
            guard let last = page.last else { return }
            let sizes = await logs.sizes(of: page.map(\.id))
            try await piece { transaction in
                for (run, bytes) in sizes { try transaction.retention.save(logBytes: bytes, of: run) }
            }
            serial = last.serial
        }
    }

    /// In how many parts the folders of logs are looked through, one an hour.
    private static let parts = 16

    /// Removes logs of runs that there are none of: a piece that came late made them.
    /// - Parameter part: of the folders; `nil` for all.
    private func sweep(_ part: Int?, _ done: inout Done) async throws {
        let folders = logs.folders
        let mark = try await piece { try $0.retention.mark() }
        guard try folders.belongs(to: mark) else {
            logger.warning(
                "logs of unknown runs are left alone: they are another database's; remove the file to have them removed",
                metadata: ["path": "\(folders.directory)/database"])
            return
        }
        for (index, folder) in try folders.spread().enumerated() where part.map({ index % Self.parts == $0 }) ?? true {
            try Task.checkCancellation()
            let runs = try folders.runs(in: folder)
            guard !runs.isEmpty else { continue }
            for run in try await store.read({ try $0.retention.unknown(runs) }) {
                try await logs.remove(run)
                done.folders += 1
            }
        }
    }

    // MARK: - The database

    /// Gives free pages back, but for a tenth of the file, which is used again.
    private func shrink(_ done: inout Done) async throws {
        guard let space = try await store.store.space() else { return }
        let keeping = max(256, space.pages / 10)
        while true {
            try Task.checkCancellation()
            let clock = ContinuousClock()
            let start = clock.now
            let count = try await store.store.shrink(keeping: keeping)
            guard count > 0 else { return }
            done.pages += count
            try await Task.sleep(for: clock.now - start)
        }
    }
}

import Contracts
import Synchronization
import TestSupport
import Testing

@testable import Pipeline

/// What a change costs those who have a list open: one reading of the run for all of them, and nothing where it is hidden.
@Suite struct LiveListTests {
    private static let paths = ["shop/web", "shop/api", "other/app", "zoo/web"].map { RepositoryPath(rawValue: $0) }

    /// Whatever becomes of runs, a page that is kept live is what it would be if it was read anew.
    @Test func `A page that is kept live has what a new one has`() async throws {
        try await PlatformFixture.with { platform in
            var queries: [RunQuery] = []
            for scopes in [["**"], ["shop/*"], ["zoo/web"], []] {
                for repository in [nil, Self.paths[0]] {
                    for state in [nil, RunState.failure] {
                        var query = RunQuery(repository: repository, state: state)
                        query.visibility = Visibility(scopes.compactMap { RepositoryScope($0) })
                        queries.append(query)
                    }
                }
            }
            func read(_ query: RunQuery, _ before: RunID?) async throws -> LivePage {
                try await platform.reader.livePage(query, before: before, limit: 5)
            }
            for _ in 0..<8 { _ = try await Self.add(to: platform) }
            let third = try await platform.runs()[2].id
            var pages: [(page: LivePage, before: RunID?)] = []
            for query in queries {
                for before in [nil, third] { pages.append((try await read(query, before), before)) }
            }
            var known = try await platform.runs()
            var kept = 0
            for _ in 0..<60 {
                let run: RunID
                if Int.random(in: 0..<3) == 0 {
                    run = try await Self.add(to: platform)
                    known = try await platform.runs()
                } else {
                    var summary = try #require(known.randomElement())
                    summary.state = Bool.random() ? .success : .failure
                    run = summary.id
                    try await platform.store.write { [summary] transaction in
                        try transaction.runs.update(summary)
                        transaction.changed(summary.id, of: summary.repository)
                    }
                }
                for (number, open) in pages.enumerated() {
                    let expected = try await read(open.page.query, open.before)
                    if let updated = try await platform.reader.update(open.page, with: [run]) {
                        kept += 1
                        #expect(updated == expected)
                    }
                    pages[number].page = expected
                }
            }
            // Only where one leaves a page of failures is it read anew.
            #expect(kept > 60 * pages.count / 2)
        }
    }

    private static func add(to platform: PlatformFixture) async throws -> RunID {
        try await platform.store.write { transaction in
            let path = Self.paths.randomElement() ?? PlatformFixture.path
            let id = RunID.make()
            try transaction.runs.insert(
                RunSummary(
                    id: id, repository: path, number: try transaction.runs.nextNumber(of: path),
                    state: Bool.random() ? .success : .failure, reason: nil, event: .push, ref: "refs/heads/main",
                    branch: "main", commit: nil, sender: nil, createdAt: transaction.now, startedAt: nil,
                    finishedAt: nil),
                details: RunDetails(
                    trigger: Trigger(id: .make(), event: .push, repository: path, ref: "refs/heads/main")))
            transaction.changed(id, of: path)
            return id
        }
    }

    @Test func `Logs wake no list, and a hidden run wakes nobody who may not see it`() async {
        let changes = RunChanges()
        let run = RunID(rawValue: "r1")
        let shop = changes.watch { $0 == Self.paths[0] }
        let own = changes.watch(run)
        let other = changes.watch(RunID(rawValue: "r2"))
        #expect(changes.watcherCount == 3)

        changes.logged(run)
        changes.changed(run, of: Self.paths[2])
        changes.waitsChanged()
        #expect(shop.take() == RunChanges.Changes())
        #expect(own.take() == RunChanges.Changes(runs: [run], logs: [run]))
        #expect(other.take() == RunChanges.Changes(runs: [RunID(rawValue: "r2")]))

        // The first wake is the one of what may be seen.
        changes.changed(run, of: Self.paths[0])
        var wakes = shop.wakes.makeAsyncIterator()
        #expect(await wakes.next() != nil)
        #expect(shop.take() == RunChanges.Changes(runs: [run]))
        shop.end()
        own.end()
        other.end()
        #expect(changes.watcherCount == 0)
    }

    @Test func `What many read of a changed run is read once, and anew after the next change`() async throws {
        let changes = RunChanges()
        let run = RunID(rawValue: "r1")
        let count = Count()
        let (opened, open) = AsyncStream<Void>.makeStream()
        let readers = (0..<200).map { _ in
            Task {
                try await changes.listed.read(run) {
                    count.add()
                    for await _ in opened { break }
                    return nil
                }
            }
        }
        try await eventually("it is read") { count.total > 0 }
        open.finish()
        for reader in readers { #expect(try await reader.value == nil) }
        let first = count.total
        // One a second, however long the two hundred take to ask.
        #expect(first < 100)
        changes.changed(run, of: Self.paths[0])
        _ = try await changes.listed.read(run) {
            count.add()
            return nil
        }
        #expect(count.total == first + 1)
    }

    private final class Count: Sendable {
        private let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var total: Int { value.withLock { $0 } }
    }

    @Test func `A reading that failed is not what the next one gets`() async throws {
        struct Away: Error {}
        let reads = SharedReads<Int>()
        let run = RunID(rawValue: "r1")
        await #expect(throws: Away.self) { try await reads.read(run) { throw Away() } }
        #expect(try await reads.read(run) { 7 } == 7)
    }
}

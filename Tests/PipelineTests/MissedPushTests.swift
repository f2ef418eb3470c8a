import Contracts
import FoundationEssentials
import Logging
import Messaging
import Storage
import TestSupport
import Testing

@testable import Pipeline

/// Pushes that no hook told of.
@Suite struct MissedPushTests {
    private static let path = PlatformFixture.path

    private static func sha(_ digit: Character) -> String { String(repeating: digit, count: 40) }

    /// What sync says of a push.
    private static func synced(
        _ platform: PlatformFixture, _ ref: String, before: String?, commit: String,
        id: String = MessageID.make().rawValue,
        trigger: Trigger? = nil
    ) async throws {
        let isTag = ref.hasPrefix("refs/tags/")
        let trigger =
            trigger
            ?? Trigger(
                id: MessageID(rawValue: id), event: isTag ? .tag : .push, repository: path, ref: ref,
                branch: isTag ? nil : String(ref.dropFirst(11)), before: before, commit: commit)
        var found = PlatformFixture.commit
        found.sha = commit
        try await SourceSyncedHandler(sources: platform.operations.sources).handle(
            SourceSynced(
                trigger: trigger, commit: found, changes: .init(paths: [], complete: false),
                pipelineFile: .init(path: ".slipway.yml", text: Samples.single),
                mirrorURL: "http://sync.example/shop/web.git"),
            MessageContext(id: MessageID(rawValue: "\(trigger.id)/synced")))
    }

    /// Asks for the heads and answers.
    /// - Returns: the pushes that were made up.
    @discardableResult
    private static func compare(
        _ platform: PlatformFixture, _ heads: [String: String]?, hasTags: Bool = true
    ) async throws -> [Trigger] {
        let before = Set(try await madeUp(platform).map(\.id))
        try await platform.store.write { try platform.engine.askForHeads(of: path, in: $0) }
        let round = try await requests(platform).last?.round ?? 0
        try await HeadsListedHandler(sources: platform.operations.sources).handle(
            HeadsListed(repository: path, round: round, heads: heads, hasTags: hasTags),
            MessageContext(id: MessageID(rawValue: "heads/\(round)")))
        return try await madeUp(platform).filter { !before.contains($0.id) }
    }

    private static func requests(_ platform: PlatformFixture) async throws -> [HeadsRequested] {
        try await platform.sent().filter { $0.type == HeadsRequested.type }.map {
            try Wire.decode(HeadsRequested.self, from: Data($0.body.utf8))
        }
    }

    private static func madeUp(_ platform: PlatformFixture) async throws -> [Trigger] {
        try await platform.sent().filter { $0.type == SyncRequested.type }.map {
            try Wire.decode(SyncRequested.self, from: Data($0.body.utf8)).trigger
        }
    }

    /// A platform with a repository that a hook told of, whose `main` is at `a`.
    private func withHook(_ body: (PlatformFixture) async throws -> Void) async throws {
        try await PlatformFixture.with { platform in
            try await Self.synced(platform, "refs/heads/main", before: nil, commit: Self.sha("a"))
            try await Self.compare(platform, ["refs/heads/main": Self.sha("a")])
            try await body(platform)
        }
    }

    @Test func `Five refs without a hook are five runs, once each, and say so`() async throws {
        try await withHook { platform in
            var heads = ["refs/heads/main": Self.sha("b"), "refs/tags/v1": Self.sha("b")]
            for name in ["one", "two", "three"] { heads["refs/heads/\(name)"] = Self.sha("c") }
            #expect(try await Self.compare(platform, heads) == [])
            let missed = try await Self.compare(platform, heads)
            #expect(
                missed.map(\.ref) == [
                    "refs/heads/main", "refs/heads/one", "refs/heads/three", "refs/heads/two", "refs/tags/v1",
                ])
            #expect(missed.map(\.before) == [Self.sha("a"), nil, nil, nil, nil])
            #expect(missed.map(\.event) == [.push, .push, .push, .push, .tag])
            #expect(missed.map(\.branch) == ["main", "one", "three", "two", nil])
            #expect(missed.allSatisfy { $0.madeUp == true && $0.run == nil })
            for _ in 1...3 { #expect(try await Self.compare(platform, heads) == []) }
            var runs = try await platform.runs().filter { $0.madeUp == true }
            #expect(runs.count == 5 && runs.allSatisfy { $0.state == .pending && $0.reason == "waits for the source" })
            #expect(runs.allSatisfy { $0.note?.hasPrefix("no hook arrived") == true && $0.byHand == nil })
            for push in missed {
                let commit = try #require(push.commit)
                try await Self.synced(platform, push.ref, before: push.before, commit: commit, trigger: push)
            }
            runs = try await platform.runs()
            #expect(
                runs.count == 6 && runs.allSatisfy { $0.commit != nil && $0.state == .running || $0.state == .pending })
            let event = try #require(try await platform.sent().first { $0.type == EventType.pushMissed.rawValue })
            #expect(event.body.contains("5 pushes missed, made up"), "\(event.body)")
            #expect(try await platform.sentEvents().filter { $0.hasSuffix("slipway-push.missed") }.count == 1)
            // Run again, it is somebody's.
            let again = try await platform.rerun(try #require(runs.first { $0.madeUp == true }).id)
            #expect(again.summary.madeUp == nil && again.summary.byHand == true)
        }
    }

    @Test func `A late hook adds nothing, whatever sync says of it`() async throws {
        try await withHook { platform in
            let heads = ["refs/heads/main": Self.sha("b"), "refs/tags/v1": Self.sha("b")]
            try await Self.compare(platform, heads)
            #expect(try await Self.compare(platform, heads).count == 2)
            let sources = platform.operations.sources
            let late = Trigger(
                id: MessageID(rawValue: "gitlab-late"), event: .push, repository: Self.path, ref: "refs/heads/main",
                branch: "main", before: Self.sha("a"), commit: Self.sha("b"))
            try await sources.delayed(
                SyncDelayed(trigger: late, reason: "waits"), id: MessageID(rawValue: "d"), as: .otherStage)
            try await sources.failed(
                SyncFailed(trigger: late, code: .git, reason: "x"), id: MessageID(rawValue: "f"), as: .otherStage)
            try await Self.synced(platform, late.ref, before: nil, commit: Self.sha("b"), trigger: late)
            try await Self.synced(platform, late.ref, before: Self.sha("a"), commit: Self.sha("b"))
            // A tag's hook need not say the commit.
            try await Self.synced(platform, "refs/tags/v1", before: nil, commit: Self.sha("b"))
            #expect(try await platform.runs().count == 3)
            // The next push is one.
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("b"), commit: Self.sha("c"))
            #expect(try await platform.runs().count == 4)
            // And so is the same one again, once the branch is back where it began.
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("c"), commit: Self.sha("a"))
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("a"), commit: Self.sha("b"))
            #expect(try await platform.runs().count == 6)
        }
    }

    @Test func `A push whose hook arrives is not made up, also where hooks change places`() async throws {
        try await withHook { platform in
            try await Self.compare(platform, ["refs/heads/main": Self.sha("c")])
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("b"), commit: Self.sha("c"))
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("a"), commit: Self.sha("b"))
            for _ in 1...4 { #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("c")]) == []) }
            #expect(try await platform.runs().count == 3)
            // The hook comes before the server's replica has the commit.
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("c"), commit: Self.sha("d"))
            #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("c")]) == [])
            for _ in 1...3 { #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("d")]) == []) }
        }
    }

    @Test func `A branch that is deleted and made again is a push`() async throws {
        try await withHook { platform in
            let heads = ["refs/heads/main": Self.sha("a"), "refs/heads/next": Self.sha("b")]
            try await Self.compare(platform, heads)
            #expect(try await Self.compare(platform, heads).count == 1)
            #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("a")]) == [])
            try await Self.synced(platform, "refs/heads/next", before: nil, commit: Self.sha("b"))
            #expect(try await platform.runs().count == 3)
            #expect(try await Self.compare(platform, heads) == [])
        }
    }

    @Test func `Nothing is made up where no hook ever told of the repository, or it moved to another server`()
        async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.push(nil, run: nil, event: .cron)
            let standings = try await platform.store.read { try $0.heads.standings() }
            #expect(standings == [])
            try await platform.push(Samples.single, trigger: "t2", message: "m2")
            #expect(try await platform.store.read { try $0.heads.standings() }.map(\.repository) == [Self.path])
            try await Self.compare(platform, ["refs/heads/main": Self.sha("a")])
            // What cannot be listed, or is empty, says nothing.
            try await Self.compare(platform, nil)
            try await Self.compare(platform, [:])
            var repository = try #require(try await platform.store.read { try $0.repositories.find(Self.path) })
            repository.cloneURL = "https://elsewhere.example/shop/web.git"
            try await platform.store.write { [repository] in try $0.repositories.save(repository) }
            for _ in 1...3 { #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("f")]) == []) }
            try await platform.store.write { try $0.repositories.remove(Self.path) }
            try await Self.compare(platform, ["refs/heads/main": Self.sha("e")])
            #expect(try await platform.store.read { try $0.heads.standings() } == [])
            #expect(try await platform.store.read { try $0.heads.heads(of: Self.path) } == [:])
        }
    }

    @Test func `An answer to an earlier request is passed over`() async throws {
        try await withHook { platform in
            let heads = ["refs/heads/main": Self.sha("b")]
            try await Self.compare(platform, heads)
            for round in [1, 2, 99] {
                try await HeadsListedHandler(sources: platform.operations.sources).handle(
                    HeadsListed(repository: Self.path, round: round, heads: heads),
                    MessageContext(id: MessageID(rawValue: "again/\(round)")))
            }
            #expect(try await Self.madeUp(platform) == [])
        }
    }

    @Test func `While comparing is switched off pushes go by`() async throws {
        try await withHook { platform in
            try await Self.compare(platform, ["refs/heads/main": Self.sha("b")])
            try await platform.store.write { try $0.heads.forgetComparisons() }
            for _ in 1...3 { #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("c")]) == []) }
        }
    }

    @Test func `What a repository's hook is not to tell of is not made up`() async throws {
        try await withHook { platform in
            let operations = platform.operations.repositories
            func allow(_ pushes: MissedPushes?) async throws {
                let url = try await operations.view(Self.path, as: platform.principal).cloneURL
                _ = try await operations.save(
                    RepositoryRequest(cloneURL: url, missedPushes: pushes), as: Self.path, by: platform.principal)
            }
            try await allow(.branches)
            var heads = ["refs/heads/main": Self.sha("a")]
            try await Self.compare(platform, heads)
            heads = ["refs/heads/main": Self.sha("b"), "refs/tags/v1": Self.sha("b")]
            try await Self.compare(platform, heads)
            #expect(try await Self.compare(platform, heads).map(\.ref) == ["refs/heads/main"])
            // What is not given stays.
            try await allow(nil)
            #expect(try await operations.view(Self.path, as: platform.principal).missedPushes == .branches)
            try await allow(MissedPushes.none)
            #expect(try await platform.store.read { try $0.heads.standings() } == [])
            heads["refs/heads/main"] = Self.sha("c")
            for _ in 1...3 { #expect(try await Self.compare(platform, heads) == []) }
            // Where everything begins once more.
            try await allow(.all)
            for _ in 1...3 { #expect(try await Self.compare(platform, heads) == []) }
            heads["refs/tags/v2"] = Self.sha("c")
            try await Self.compare(platform, heads)
            #expect(try await Self.compare(platform, heads).map(\.ref) == ["refs/tags/v2"])
        }
    }

    @Test func `A copy that is behind the hooks adds nothing, and a branch that went back does`() async throws {
        try await withHook { platform in
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("a"), commit: Self.sha("b"))
            try await Self.synced(platform, "refs/heads/main", before: Self.sha("b"), commit: Self.sha("c"))
            for _ in 1...3 { #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha("a")]) == []) }
            for commit in ["b", "c"] as [Character] {
                for _ in 1...4 {
                    #expect(try await Self.compare(platform, ["refs/heads/main": Self.sha(commit)]) == [])
                }
            }
            try await Self.compare(platform, ["refs/heads/main": Self.sha("b")])
            let missed = try await Self.compare(platform, ["refs/heads/main": Self.sha("b")])
            #expect(missed.map(\.commit) == [Self.sha("b")] && missed.first?.before == Self.sha("c"))
        }
    }

    @Test func `Of many pushes that were missed some are made up at a time`() async throws {
        try await withHook { platform in
            var heads = ["refs/heads/main": Self.sha("a")]
            for number in 100..<170 { heads["refs/heads/\(number)"] = Self.sha("b") }
            try await Self.compare(platform, heads)
            let first = try await Self.compare(platform, heads)
            #expect(first.count == RunEngine.mostMadeUp)
            let second = try await Self.compare(platform, heads)
            #expect(second.count == 70 - first.count && Set((first + second).map(\.ref)).count == 70)
            #expect(try await Self.compare(platform, heads) == [])
        }
    }

    @Test(.timeLimit(.minutes(1))) func `The timer asks for what hooks told of, and again for what is suspected`()
        async throws
    {
        try await PlatformFixture.with { platform in
            var configuration = platform.engine.configuration
            (configuration.headsInterval, configuration.headsPatience) = (.milliseconds(50), .milliseconds(1))
            let engine = RunEngine(
                store: platform.store, configuration: configuration, logger: Logger(label: "test"))
            let sources = SourceOperations(engine: engine)
            func answer(_ heads: [String: String], round: Int) async throws {
                try await eventually("round \(round) is asked for") {
                    try await Self.requests(platform).last?.round == round
                }
                try await sources.listed(
                    HeadsListed(repository: Self.path, round: round, heads: heads),
                    id: MessageID(rawValue: "heads/\(round)"), as: .otherStage)
            }
            let timer = HeadsTimer(engine: engine, logger: Logger(label: "test"))
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await timer.run() }
                let trigger = Trigger(
                    id: MessageID(rawValue: "t"), event: .push, repository: Self.path, ref: "refs/heads/main",
                    branch: "main", commit: Self.sha("a"))
                #expect(try await platform.store.write { try engine.acceptPush(trigger, in: $0) })
                try await answer(["refs/heads/main": Self.sha("a")], round: 1)
                try await answer(["refs/heads/main": Self.sha("b")], round: 2)
                try await answer(["refs/heads/main": Self.sha("b")], round: 3)
                #expect(try await Self.madeUp(platform).map(\.commit) == [Self.sha("b")])
                group.cancelAll()
                try await group.waitForAll()
            }
        }
    }
}

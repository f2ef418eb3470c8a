import Git
import Synchronization
import Testing

@testable import Sync

@Suite("Who may fetch")
struct SlotQueueTests {
    @Test("one fetch of a repository; those that wait for it are in nobody else's way")
    func repositories() {
        var queue = SlotQueue(total: 3, perHost: 3)
        let slow = queue.ask("slow", host: "a")
        #expect(slow.answer == .granted)
        let waiting = (0..<100).map { _ in queue.ask("slow", host: "a") }
        #expect(waiting.allSatisfy { $0.answer == .waits })
        #expect(queue.obstacle(of: waiting[0].id) == .repository)
        let other = queue.ask("other", host: "a")
        #expect(other.answer == .granted)
        #expect(queue.ask("third", host: "a").answer == .granted)
        let late = queue.ask("late", host: "b")
        #expect(queue.obstacle(of: late.id) == .slots)
        #expect(queue.end(other.id, isHostAway: false) == [late.id])
        // In the order of asking.
        #expect(queue.end(slow.id, isHostAway: false) == [waiting[0].id])
        queue.leave(waiting[1].id)
        #expect(queue.end(waiting[0].id, isHostAway: false) == [waiting[2].id])
        #expect(queue.end(waiting[0].id, isHostAway: false).isEmpty)
    }

    @Test("one host does not take the slots of all")
    func hosts() {
        var queue = SlotQueue(total: 4, perHost: 2)
        let first = (0..<10).map { queue.ask("a\($0)", host: "a") }
        #expect(first.map { $0.answer == .granted } == [true, true] + Array(repeating: false, count: 8))
        #expect(queue.obstacle(of: first[5].id) == .host)
        #expect(queue.ask("b", host: "b").answer == .granted)
        #expect(queue.ask("c", host: "c").answer == .granted)
        #expect(queue.ask("d", host: "d").answer == .waits)
        #expect(queue.end(first[0].id, isHostAway: false).count == 1)
    }

    @Test("several hosts that are slow at a time leave slots for others, a single one has all it may")
    func slowHosts() {
        var queue = SlotQueue(total: 16, perHost: 8)
        let granted = (0..<4).map { host in
            (0..<16).count { queue.ask("\(host)/\($0)", host: "slow\(host)").answer == .granted }
        }
        #expect(granted == [8, 5, 2, 1])
        var two = SlotQueue(total: 16, perHost: 8)
        for host in 0..<2 { for number in 0..<16 { _ = two.ask("\(host)/\(number)", host: "slow\(host)") } }
        #expect(two.ask("healthy", host: "healthy").answer == .granted)
        var alone = SlotQueue(total: 4, perHost: 4)
        #expect((0..<9).count { alone.ask("\($0)", host: "a").answer == .granted } == 4)
    }

    @Test("who waits with a message has limited room, so that others' messages still come; a request has not")
    func room() {
        var queue = SlotQueue(total: 2, perHost: 1, room: 5, roomPerHost: 3)
        func ask(_ repository: String, _ host: String, isLimited: Bool = true) -> SlotQueue.Answer {
            queue.ask(repository, host: host, isLimited: isLimited).answer
        }
        let noRoom = SlotQueue.Answer.noRoom(isMoving: true)
        let first = queue.ask("a", host: "slow", isLimited: true)
        #expect((0..<5).map { _ in ask("a", "slow") } == [.waits, .waits, .waits, noRoom, noRoom])
        #expect(ask("a", "slow", isLimited: false) == .waits)
        // Who can go goes, however many wait.
        #expect(ask("b", "healthy") == .granted)
        #expect(ask("c", "healthy") == .waits)
        #expect(ask("d", "third") == noRoom)
        #expect(queue.end(first.id, isHostAway: false).count == 1)
        #expect(ask("d", "third") == .waits)
    }

    @Test("where turns come all the time, what found no room comes again soon")
    func noRoom() {
        var queue = SlotQueue(total: 1, perHost: 1, room: 3, roomPerHost: 2)
        var now = ContinuousClock.now
        func ask(_ repository: String, _ host: String) -> (id: Int, answer: SlotQueue.Answer) {
            queue.ask(repository, host: host, isLimited: true, now: now)
        }
        let first = ask("a", "busy")
        let second = ask("a", "busy")
        now += .seconds(10)
        _ = ask("a", "busy")
        #expect(ask("a", "busy").answer == .noRoom(isMoving: true))
        now += .seconds(10)
        #expect(ask("a", "busy").answer == .noRoom(isMoving: false))
        // The first that waited has gone: the next one has waited for ten seconds.
        #expect(queue.end(first.id, isHostAway: false) == [second.id])
        #expect(ask("a", "busy").answer == .waits)
        #expect(ask("a", "busy").answer == .noRoom(isMoving: true))
        // Of another host, for the room of all.
        #expect(ask("b", "other").answer == .waits)
        #expect(ask("c", "third").answer == .noRoom(isMoving: true))
        now += .seconds(10)
        #expect(ask("c", "third").answer == .noRoom(isMoving: false))
    }

    @Test("a host that is away has few slots until it is back; one broken repository says nothing of it")
    func away() {
        var queue = SlotQueue(total: 16, perHost: 8)
        func fail(_ repository: String, isHostAway: Bool? = true) {
            let claim = queue.ask(repository, host: "a")
            _ = queue.end(claim.id, isHostAway: isHostAway)
        }
        func granted() -> Int {
            var probe = queue
            return (0..<16).count { probe.ask("probe\($0)", host: "a").answer == .granted }
        }
        for _ in 0..<5 { fail("broken") }
        #expect(granted() == 8)
        fail("second")
        #expect(granted() == 2)
        fail("third", isHostAway: nil)
        #expect(granted() == 2)
        #expect(queue.ask("elsewhere", host: "b").answer == .granted)
        fail("healthy", isHostAway: false)
        #expect(granted() == 8)
    }
}

extension SlotQueue {
    /// Where the time does not matter.
    fileprivate mutating func ask(
        _ repository: String, host: String, isLimited: Bool = false
    ) -> (id: Int, answer: Answer) {
        ask(repository, host: host, isLimited: isLimited, now: .now)
    }
}

@Suite("Slots of fetches")
struct FetchSlotsTests {
    /// Opened once; whoever waits for it goes on then.
    private final class Gate: Sendable {
        private let stream = AsyncStream.makeStream(of: Void.self)
        func open() { stream.continuation.finish() }
        func wait() async { for await _ in stream.stream {} }
    }

    /// How many fetches there are of each repository.
    private final class Running: Sendable {
        private let counts = Mutex<[String: Int]>([:])

        @discardableResult
        func change(_ repository: String, by difference: Int) -> [String: Int] {
            counts.withLock { counts in
                counts[repository, default: 0] += difference
                return counts
            }
        }
    }

    @Test("a slow repository holds nobody else; who waits can say for what, and can leave")
    func slow() async throws {
        let slots = FetchSlots(total: 2, perHost: 2)
        let remote = try RemoteAddress("https://git.example/shop/slow.git")
        let (begun, gate) = (Gate(), Gate())
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await slots.withSlot("slow", remote, activity: FetchActivity()) {
                    begun.open()
                    await gate.wait()
                }
            }
            await begun.wait()
            let told = Gate()
            let words = Mutex<[String]>([])
            let waiter = Task {
                try await FetchActivity.watching(
                    every: .milliseconds(1),
                    work: { activity in try await slots.withSlot("slow", remote, activity: activity) {} },
                    tell: { text in
                        words.withLock { $0.append(text) }
                        told.open()
                    })
            }
            await told.wait()
            #expect(words.withLock { $0 } == ["waits for another fetch of the repository to end"])
            let other = try await slots.withSlot("other", remote, activity: FetchActivity()) { "done" }
            #expect(other == "done")
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            await #expect(throws: NoSlot.self) {
                try await slots.withSlot("slow", remote, patience: .milliseconds(1), activity: FetchActivity()) {}
            }
            gate.open()
            try await group.waitForAll()
        }
        try await slots.withSlot("slow", remote, activity: FetchActivity()) {}
    }

    @Test("many at once each have their turn, one at a time of a repository, and no slot is lost")
    func turns() async throws {
        let slots = FetchSlots(total: 3, perHost: 2)
        let running = Running()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                let host = "h\(number % 3).example"
                let repository = "\(host)/r\(number % 5)"
                let remote = try RemoteAddress("https://\(host)/x.git")
                group.addTask {
                    let work = Task {
                        try await slots.withSlot(repository, remote, activity: FetchActivity()) {
                            let now = running.change(repository, by: 1)
                            #expect(now[repository] == 1)
                            #expect(now.values.reduce(0, +) <= 3)
                            #expect(now.filter { $0.key.hasPrefix(host) }.values.reduce(0, +) <= 2)
                            await Task.yield()
                            running.change(repository, by: -1)
                        }
                    }
                    if number % 7 == 0 { work.cancel() }
                    do { try await work.value } catch is CancellationError { #expect(number % 7 == 0) }
                }
            }
            try await group.waitForAll()
        }
        #expect(running.change("h0.example/r0", by: 0).values.reduce(0, +) == 0)
        for number in 0..<3 {
            let remote = try RemoteAddress("https://h\(number).example/x.git")
            try await slots.withSlot("\(number)", remote, activity: FetchActivity()) {}
        }
    }
}

import CLinux
import Glibc
import Synchronization
import Testing
import Threading

@Suite(.timeLimit(.minutes(1)))
struct PinnedThreadTests {
    actor Counter {
        nonisolated let thread = PinnedThread(name: "test")
        nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
        private(set) var count = 0
        private(set) var threads: Set<UInt> = []

        func increment() {
            count += 1
            threads.insert(UInt(pthread_self()))
        }
    }

    @Test func everyJobRunsOnOneThread() async {
        let counter = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<500 { await counter.increment() }
                }
            }
        }
        #expect(await counter.count == 4000)
        let threads = await counter.threads
        #expect(threads.count == 1)
    }

    @Test func jobAfterShutdownStillRuns() async {
        let counter = Counter()
        await counter.increment()
        counter.thread.shutdown()
        for _ in 0..<100 { await counter.increment() }
        #expect(await counter.count == 101)
    }

    @Test func watchedDescriptorDeadlineAndNotificationReachTheHandler() async {
        let thread = PinnedThread(name: "watch")
        let event = eventfd(0, Int32(EFD_NONBLOCK))
        defer { close(event) }
        let (stream, continuation) = AsyncStream<[Descriptor]>.makeStream()
        thread.watch([Descriptor(event, .readable)]) { ready in
            if !ready.isEmpty {
                var value: UInt64 = 0
                read(event, &value, 8)
            }
            continuation.yield(ready)
        }
        var reports = stream.makeAsyncIterator()

        var one: UInt64 = 1
        write(event, &one, 8)
        #expect(await reports.next() == [Descriptor(event, .readable)])

        thread.notify()
        #expect(await reports.next() == [])

        let deadline = ContinuousClock.now + .milliseconds(20)
        thread.watch([], deadline: deadline)
        #expect(await reports.next() == [])
        #expect(ContinuousClock.now >= deadline)
        thread.shutdown()
    }

    @Test func handlerMayEnterTheActor() async {
        actor Owner {
            nonisolated let thread = PinnedThread(name: "owner")
            nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
            private var entered: CheckedContinuation<Void, Never>?

            func enter() async {
                await withCheckedContinuation { continuation in
                    entered = continuation
                    thread.watch([]) { [weak self] _ in
                        self?.assumeIsolated { $0.resume() }
                    }
                    thread.notify()
                }
            }

            private func resume() {
                entered?.resume()
                entered = nil
            }
        }
        await Owner().enter()
    }

    @Test func threadEndsWithItsLastReference() async throws {
        func threads() -> Int {
            guard let directory = opendir("/proc/self/task") else { return -1 }
            defer { closedir(directory) }
            var count = 0
            while let entry = readdir(directory) {
                var status = ""
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if let file = fopen("/proc/self/task/\(name)/comm", "r") {
                    var line = [CChar](repeating: 0, count: 32)
                    if fgets(&line, 32, file) != nil {
                        status = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                    }
                    fclose(file)
                }
                if status == "short-lived\n" { count += 1 }
            }
            return count
        }
        actor ShortLived {
            nonisolated let thread = PinnedThread(name: "short-lived")
            nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }
            func touch() {}
        }
        for _ in 0..<5 { await ShortLived().touch() }
        for _ in 0..<200 where threads() > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(threads() == 0)
    }
}

import CLinux
import Glibc
import Synchronization

/// What a ``PinnedThread``'s thread does. Apart from it, so that an idle thread does not keep its owner alive.
final class ThreadLoop: Sendable {
    private struct Watch {
        var descriptors: [Descriptor] = []
        var deadline: ContinuousClock.Instant?
        var handler: (@Sendable ([Descriptor]) -> Void)?
    }

    private struct State {
        var jobs: [UnownedJob] = []
        /// Held while there are jobs: the executor must outlive the run of its last job.
        var owner: PinnedThread?
        var watch = Watch()
        /// Counts changes of the watch, so that what was polled for is never handed to a newer watch.
        var revision = 0
        var notified = false
        /// The thread is in `poll`, or about to be.
        var waiting = false
        /// The thread exists.
        var running = false
        var stopped = false
    }

    private let name: String
    private let wakeup: Int32
    private let state = Mutex(State())
    private let thread = Atomic<UInt>(0)

    init(name: String) {
        self.name = name
        wakeup = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
    }

    deinit {
        close(wakeup)
    }

    var isCurrentThread: Bool {
        thread.load(ordering: .relaxed) == UInt(pthread_self())
    }

    func enqueue(_ job: UnownedJob, for owner: PinnedThread) {
        change { state in
            state.jobs.append(job)
            state.owner = owner
        }
    }

    func watch(
        _ descriptors: [Descriptor], deadline: ContinuousClock.Instant?,
        handler: (@Sendable ([Descriptor]) -> Void)?
    ) {
        change { state in
            guard !state.stopped else { return }
            state.watch.descriptors = descriptors
            state.watch.deadline = deadline
            if let handler { state.watch.handler = handler }
            state.revision &+= 1
        }
    }

    func notify() {
        change { state in
            guard !state.stopped else { return }
            state.notified = true
        }
    }

    func stop() {
        let wakes = state.withLock { state in
            state.stopped = true
            state.watch = Watch()
            state.revision &+= 1
            state.notified = false
            return state.waiting
        }
        if wakes { ring() }
    }

    /// Changes the state and sees to it that the thread notices.
    private func change(_ body: (inout State) -> Void) {
        let (starts, wakes) = state.withLock { state in
            body(&state)
            let hasWork = !state.jobs.isEmpty || !state.stopped
            let starts = !state.running && hasWork
            if starts { state.running = true }
            let wakes = state.waiting
            // One ring is enough; the thread sets this again before it next waits.
            state.waiting = false
            return (starts, wakes)
        }
        if starts {
            start()
        } else if wakes {
            ring()
        }
    }

    private func ring() {
        var one: UInt64 = 1
        // Fails only when the counter is full, that is, when the thread will wake anyway.
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    private func start() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // Enough for name resolution and a TLS handshake.
        pthread_attr_setstacksize(&attributes, 1 << 20)
        let retained = Unmanaged.passRetained(self)
        var identifier = pthread_t()
        let result = pthread_create(
            &identifier, &attributes,
            { argument in
                if let argument { Unmanaged<ThreadLoop>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, retained.toOpaque())
        if result != 0 {
            // The system has no thread left. Jobs must run all the same, one at a time, so the caller lends its own.
            retained.release()
            lend()
        }
    }

    private func lend() {
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        while state.withLock({ !$0.jobs.isEmpty }) { runJobs() }
        state.withLock { state in
            thread.store(0, ordering: .relaxed)
            state.running = false
        }
    }

    private func run() {
        clinux_set_thread_name(name)
        thread.store(UInt(pthread_self()), ordering: .relaxed)
        var polled: [pollfd] = []
        var revision = -1
        while true {
            runJobs()
            guard let timeout = prepare(&polled, &revision) else { return }
            // With nothing watched and more jobs waiting there is nothing to look at.
            if timeout != 0 || polled.count > 1 { poll(&polled, nfds_t(polled.count), timeout) }
            report(polled, revision)
        }
    }

    /// Runs the jobs that are queued now; those they queue come after the next look at the descriptors.
    private func runJobs() {
        let (jobs, owner) = state.withLock { state in
            defer {
                state.jobs = []
                state.owner = nil
            }
            return (state.jobs, state.owner)
        }
        guard let owner else { return }
        let executor = owner.asUnownedSerialExecutor()
        for job in jobs { job.runSynchronously(on: executor) }
    }

    /// What to poll and for how many milliseconds, -1 for ever; `nil` when the thread is to end.
    private func prepare(_ polled: inout [pollfd], _ revision: inout Int) -> Int32? {
        state.withLock { state -> Int32? in
            if state.stopped && state.jobs.isEmpty {
                thread.store(0, ordering: .relaxed)
                state.running = false
                return nil
            }
            if state.revision != revision || polled.isEmpty {
                revision = state.revision
                polled.removeAll(keepingCapacity: true)
                polled.append(pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0))
                polled.append(contentsOf: state.watch.descriptors.map(\.polled))
            }
            if !state.jobs.isEmpty || state.notified { return 0 }
            let timeout = state.watch.deadline.map(Self.milliseconds) ?? -1
            state.waiting = timeout != 0
            return timeout
        }
    }

    /// Tells the watch's handler what happened, if anything did and it is still the same watch.
    private func report(_ polled: [pollfd], _ revision: Int) {
        if polled[0].revents != 0 {
            var count: UInt64 = 0
            _ = read(wakeup, &count, MemoryLayout<UInt64>.size)
        }
        let now = ContinuousClock.now
        let (handler, current, fires) = state.withLock { state in
            state.waiting = false
            var fires = state.notified
            state.notified = false
            if let deadline = state.watch.deadline, deadline <= now {
                state.watch.deadline = nil
                fires = true
            }
            return (state.watch.handler, state.revision == revision, fires)
        }
        guard let handler else { return }
        let ready = current ? polled.dropFirst().compactMap(Descriptor.init(ready:)) : []
        if fires || !ready.isEmpty { handler(ready) }
    }

    /// The time until `deadline` rounded up, so that it has come when `poll` returns.
    private static func milliseconds(until deadline: ContinuousClock.Instant) -> Int32 {
        let (seconds, attoseconds) = (deadline - .now).components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 1_000_000 else { return 1_000_000_000 }
        return Int32(seconds) * 1000 + Int32((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
    }
}

extension Descriptor {
    fileprivate var polled: pollfd {
        var wanted: Int32 = 0
        if events.contains(.readable) { wanted |= POLLIN }
        if events.contains(.writable) { wanted |= POLLOUT }
        return pollfd(fd: fileDescriptor, events: Int16(wanted), revents: 0)
    }

    fileprivate init?(ready polled: pollfd) {
        let happened = Int32(polled.revents)
        guard happened != 0 else { return nil }
        var events: Events = []
        if happened & (POLLIN | POLLHUP) != 0 { events.insert(.readable) }
        if happened & POLLOUT != 0 { events.insert(.writable) }
        if happened & (POLLERR | POLLNVAL | POLLHUP) != 0 { events.insert(.failed) }
        self.init(polled.fd, events)
    }
}

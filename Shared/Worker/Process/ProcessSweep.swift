import Glibc

/// Ends all processes that carry a mark.
public enum ProcessSweep {
    /// Sends SIGTERM, waits until they are gone or `grace` is over, then SIGKILL until none is left.
    ///
    /// Runs to its end even in a cancelled task: it is what cancellation is for.
    /// - Returns: Whether all of them are gone. A process in the kernel's uninterruptible sleep may stay.
    @discardableResult
    public static func end(_ mark: ProcessMark, session: Int32? = nil, grace: Duration) async -> Bool {
        var processes = ProcessTable.find(mark, session: session)
        guard !processes.isEmpty else { return true }
        if grace > .zero {
            for process in processes { kill(process, SIGTERM) }
            let deadline = ContinuousClock.now.advanced(by: grace)
            var pause = Duration.milliseconds(2)
            while ContinuousClock.now < deadline {
                await sleep(pause)
                pause = min(pause * 2, .milliseconds(50))
                processes = ProcessTable.find(mark, session: session)
                if processes.isEmpty { return true }
            }
        }
        // Again until none is found: one that forks while it is looked for would slip through a single pass.
        for round in 0..<200 {
            for process in processes { kill(process, SIGKILL) }
            await sleep(.milliseconds(min(50, 1 << min(round, 6))))
            processes = ProcessTable.find(mark, session: session)
            if processes.isEmpty { return true }
        }
        return false
    }

    private static func sleep(_ duration: Duration) async {
        // A separate task, because a sleep in a cancelled one returns at once.
        await Task {
            do {
                try await Task.sleep(for: duration)
            } catch {
                return
            }
        }.value
    }
}

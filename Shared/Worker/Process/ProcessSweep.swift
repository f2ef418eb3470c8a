import Glibc
import Subprocess
import SystemPackage

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

    /// Kills all processes of a user until none is left.
    ///
    /// The kernel kills those that there are in one go for a process of the same user: none of them has the time to start
    /// another that is overlooked.
    /// - Returns: Whether all of them are gone.
    static func end(_ user: ProcessUser) async -> Bool {
        for round in 0..<200 {
            let processes = ProcessTable.find(user)
            if processes.isEmpty { return true }
            await killAll(user)
            for process in processes { kill(process, SIGKILL) }
            await sleep(.milliseconds(min(50, 1 << min(round, 6))))
        }
        return false
    }

    private static func killAll(_ user: ProcessUser) async {
        // Without another program, which could not be started where the machine has all the processes it may have. And
        // whatever else went wrong, nothing but the user's own is killed.
        let script =
            "while read -r name id rest; do case $name$id in Uid:\(user.id)) kill -KILL -1 ;; esac; done < /proc/self/status"
        var options = PlatformOptions()
        options.userID = user.id
        options.groupID = user.id
        options.supplementaryGroups = []
        let configuration = Configuration(
            executable: .path("/bin/sh"), arguments: ["-c", script], environment: .custom([:]), workingDirectory: "/",
            platformOptions: options)
        // A separate task: this has to be done after a cancellation too.
        await Task {
            do {
                _ = try await Subprocess.run(configuration, input: .none, output: .discarded, error: .discarded)
            } catch {
                // Each of them is killed by itself, and again in the next round.
            }
        }.value
    }

    static func sleep(_ duration: Duration) async {
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

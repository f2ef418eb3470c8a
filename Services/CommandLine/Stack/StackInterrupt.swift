import ArgumentParser
import Glibc
import Synchronization

/// Lets an interrupt wait until what was just started has its record: without one, nobody could end it again.
enum StackInterrupt {
    private static let came = Atomic<Bool>(false)

    /// From now on a ^C, a SIGTERM or a hang-up ends this command at the next ``check()`` only.
    static func watch() {
        // also makes the flag before a handler could be the first to use it
        came.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in StackInterrupt.came.store(true, ordering: .relaxed) }
        }
    }

    /// - Parameter flags: What has to be given to mean this stack; `nil` where a script is asked for JSON.
    /// - Throws: the exit code that shells use for an interrupt, after a word on what to do next.
    static func check(flags: String?) throws {
        guard came.load(ordering: .relaxed) else { return }
        guard let flags else { throw ExitCode(130) }
        Console.remark(
            "Stopped. What was started runs on: `slipway up\(flags)` goes on from there, "
                + "`slipway down\(flags)` ends it.")
        throw ExitCode(130)
    }
}

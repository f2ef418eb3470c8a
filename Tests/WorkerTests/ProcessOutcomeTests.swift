import Testing

@testable import Worker

@Suite struct ProcessOutcomeTests {
    @Test(arguments: [
        (ProcessOutcome.exited(0), nil), (.exited(7), "exit code 7"), (.exited(200), "exit code 200"),
        (.exited(127), "exit code 127: a command was not found"),
        (.exited(137), "exit code 137: killed by signal 9 (SIGKILL, out of memory or by hand)"),
        (.exited(139), "exit code 139: killed by signal 11 (SIGSEGV, a segmentation fault)"),
        (.killed(signal: 9), "killed by signal 9 (SIGKILL, out of memory or by hand)"),
        (.killed(signal: 50), "killed by signal 50"), (.refused(2, "no such directory"), "no such directory"),
        (.stopped(0), nil), (.stopped(137), nil),
    ])
    func isExplained(_ it: (outcome: ProcessOutcome, reason: String?)) {
        #expect(it.outcome.reason == it.reason)
    }

    @Test func whatCannotBeExecutedSaysWhy() {
        #expect(ProcessOutcome.exited(126).reason?.contains("not executable") == true)
        #expect(ProcessOutcome.killed(signal: 11).exitCode == 139)
        #expect(ProcessOutcome.exited(7).explanation == nil)
    }
}

import Contracts
import Testing

@testable import Worker

@Suite struct StepEndTests {
    static let cancel = JobStop("cancelled by ada")
    static let timeout: JobStop = {
        var stop = JobStop("it took too long")
        stop.isTimeout = true
        return stop
    }()

    @Test(arguments: [0, 1, 78, 137, 143] as [Int32])
    func whatStoppedAStepDecidesWhateverItsExitCode(_ code: Int32) {
        for (stop, outcome) in [(Self.cancel, StepOutcome.cancelled), (Self.timeout, .failure)] {
            let end = StepEnd(StepResult(.stopped(code)), stopped: stop)
            #expect(end.outcome == outcome)
            #expect(end.result.reason == stop.reason)
            #expect(end.result.exitCode == code)
            // Neither the end of the stage nor another try follows from it.
            #expect(end.exitCode == nil)
        }
    }

    @Test func whatEndedByItselfBeforeTheStopStands() {
        let ends: [(StepResult, StepOutcome)] = [
            (StepResult(.exited(0)), .success), (StepResult(.exited(78)), .success),
            (StepResult(.exited(3)), .failure), (StepResult(success: true, outputs: ["revision": "7"]), .success),
        ]
        for (result, outcome) in ends {
            for stop in [nil, Self.cancel, Self.timeout] {
                #expect(StepEnd(result, stopped: stop).outcome == outcome)
                #expect(StepEnd(result, stopped: stop).result == result)
            }
        }
    }
}

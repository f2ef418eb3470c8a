import Contracts
import Testing

@testable import Pipeline

/// Which runs go, as a value.
@Suite struct RetentionScanTests {
    private static let now = Timestamp(milliseconds: 1_000 * 86_400_000)

    /// Runs 1, 2, 3 …: each is a day newer than the one before it, and the last is of yesterday.
    private static func runs(_ count: Int) -> [RetentionScan.Candidate] {
        (1...count).map { number in
            let moment = now.adding(.seconds(-86_400 * (count - number + 1)))
            return RetentionScan.Candidate(
                id: RunID(rawValue: "r\(number)"), serial: Int64(number), repository: PlatformFixture.path,
                number: number, createdAt: moment, age: moment, endedAt: moment.adding(.seconds(60)), logBytes: 100)
        }
    }

    private static func going(
        _ runs: [RetentionScan.Candidate], _ limits: Retention.Limits, branchDays: Int = 0
    ) -> [String] {
        var retention = Retention()
        retention.branchDays = branchDays
        var scan = RetentionScan(
            limits: limits, retention: retention, runs: runs.count, logBytes: runs.reduce(0) { $0 + $1.logBytes },
            now: now)
        var going: [String] = []
        for run in runs {
            switch scan.look(at: run) {
            case .goes(let reason): going.append("\(run.number) \(reason)")
            case .stays: continue
            case .stop: return going + ["stop \(run.number)"]
            }
        }
        return going
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var limits: Retention.Limits
        var expected: [String]
        var branchDays = 0
        var change: @Sendable (inout [RetentionScan.Candidate]) -> Void = { _ in }
    }

    static let cases = [
        Case(testDescription: "no limit", limits: .init(), expected: ["stop 1"]),
        Case(testDescription: "age", limits: .init(days: 3), expected: ["1 age", "2 age", "stop 3"]),
        Case(testDescription: "count", limits: .init(runs: 2), expected: ["1 count", "2 count", "3 count", "stop 4"]),
        Case(testDescription: "bytes", limits: .init(logBytes: 350), expected: ["1 logs", "2 logs", "stop 3"]),
        Case(
            testDescription: "age before count", limits: .init(days: 4, runs: 2),
            expected: ["1 age", "2 count", "3 count", "stop 4"]),
        Case(
            testDescription: "one without logs makes them no shorter", limits: .init(logBytes: 250),
            expected: ["2 logs", "3 logs", "stop 4"]
        ) { $0[0].logBytes = 0 },
        Case(
            testDescription: "what waits, runs or is being stopped", limits: .init(days: 1, runs: 1),
            expected: ["3 age", "4 age", "5 count"]
        ) {
            $0[0].endedAt = nil
            $0[1].isAtWork = true
        },
        Case(
            testDescription: "what has just ended", limits: .init(days: 1),
            expected: ["2 age", "3 age", "4 age", "stop 5"]
        ) { $0[0].endedAt = now.adding(.seconds(-3_599)) },
        Case(
            testDescription: "an old run that ended late", limits: .init(days: 3), expected: ["2 age", "stop 3"]
        ) { $0[0].endedAt = now.adding(.seconds(-86_400)) },
        Case(
            testDescription: "what is rolled out", limits: .init(runs: 2),
            expected: ["2 count", "3 count", "4 count", "stop 5"]
        ) { $0[0].isDeployed = true },
        Case(
            testDescription: "the last good run of any branch", limits: .init(runs: 2),
            expected: ["2 count", "3 count", "4 count", "stop 5"]
        ) { $0[0].isLastGood = true },
        Case(
            testDescription: "the last good run of a branch of long ago", limits: .init(runs: 2),
            expected: ["1 count", "3 count", "4 count", "stop 5"], branchDays: 4
        ) {
            $0[0].isLastGood = true
            $0[1].isLastGood = true
            $0[1].isOfDefaultBranch = true
        },
    ]

    @Test(arguments: cases) func `The oldest go, as far as they may`(test: Case) {
        var runs = Self.runs(5)
        test.change(&runs)
        let going = Self.going(runs, test.limits, branchDays: test.branchDays)
        #expect(going == test.expected)
    }

    @Test func `A repository's rules take the place of the settings, one by one`() {
        let retention = Retention()
        #expect(retention.limits(nil) == .init(days: 365, runs: 10_000))
        #expect(retention.limits(RetentionRules(runs: 5)) == .init(days: 365, runs: 5))
        #expect(retention.limits(RetentionRules(days: 0, logMebibytes: 2)) == .init(runs: 10_000, logBytes: 2 << 20))
        #expect(Retention.problem(with: RetentionRules(days: 0, runs: 0)) == nil)
        #expect(
            Retention.problem(with: RetentionRules(days: -1))
                == "days is -1, and not a number from 0 (no limit) to 36500")
    }
}

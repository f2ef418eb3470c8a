import CAllocations
import Contracts
import Glibc
import PipelineLanguage

/// How fast the pipeline language is: documents per second, allocations, peak memory. Build it with optimisation.
@main
enum Main {
    static func main() throws {
        print("compile                           per document   documents/s   allocations   peak memory")
        try compile("small, \(Sample.lines(Sample.small)) lines", Sample.small)
        try compile("typical, \(Sample.lines(Sample.typical)) lines", Sample.typical)
        for size in [1_250, 2_500, 5_000] {
            let text = Sample.large(lines: size)
            try compile("large, \(Sample.lines(text)) lines", text)
        }
        print("\nplan                              per plan")
        for count in [250, 500, 1_000] {
            let process = Sample.graph(steps: count)
            let facts = Facts(event: .push, branch: "main", ref: "refs/heads/main")
            let (time, allocations) = measure { _ = Plan(process, facts: facts) }
            line("graph of \(count) steps", time, allocations: allocations)
            let plan = Plan(process, facts: facts)
            let (whole, wholeAllocations) = measure { run(plan) }
            line("graph of \(count) steps, whole run", whole, allocations: wholeAllocations)
        }
    }

    private static func compile(_ name: String, _ text: String) throws {
        let process = try Compiler.compile(source: text, path: "bench.yml").process
        let (time, allocations) = measure {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(source: text, path: "bench.yml")
            } catch {
                print(error)
            }
        }
        line(name, time, rate: 1 / time, allocations: allocations)
        let json = String(decoding: try process.canonicalJSON(), as: UTF8.self)
        let (encoding, encodingAllocations) = measure {
            do {
                _ = try process.digest()
            } catch {
                print(error)
            }
        }
        line(
            "  its JSON and digest, \(json.utf8.count) bytes", encoding, rate: 1 / encoding,
            allocations: encodingAllocations)
    }

    /// Every job succeeds, in the order it is asked for.
    private static func run(_ plan: Plan) {
        var planner = Planner(plan: plan)
        var queue = planner.start()
        while let action = queue.popLast() {
            guard case .startJob(let key) = action, let job = plan.stage(key.stage)?.jobs[key.index] else { continue }
            let reports = job.steps.map { StepReport(step: $0, outcome: .success) }
            queue += planner.jobFinished(key, outcome: .success, reports: reports)
        }
    }

    /// Seconds and allocations of one go: the median of as many as fit in a second.
    private static func measure(_ body: () -> Void) -> (seconds: Double, allocations: UInt64) {
        body()
        let before = slipway_allocations()
        body()
        let allocations = slipway_allocations() - before
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(1))
        var times: [Duration] = []
        while clock.now < end || times.count < 5 { times.append(clock.measure(body)) }
        times.sort()
        let (seconds, attoseconds) = times[times.count / 2].components
        return (Double(seconds) + Double(attoseconds) * 1e-18, allocations)
    }

    private static func line(_ name: String, _ seconds: Double, rate: Double? = nil, allocations: UInt64) {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let name = name.padded(to: 34)
        let time = "\(rounded(seconds * 1000)) ms".padded(to: 15)
        let rate = (rate.map { "\(Int($0))" } ?? "").padded(to: 14)
        print("\(name)\(time)\(rate)\("\(allocations)".padded(to: 14))\(usage.ru_maxrss / 1024) MiB")
    }

    private static func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }
}

extension String {
    fileprivate func padded(to length: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, length - count))
    }
}

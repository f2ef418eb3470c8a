import CAllocations
import Contracts
import Glibc
import PipelineLanguage

/// Measures, prints and compares.
struct Bench {
    private(set) var isKept = true

    /// Seconds for a document.
    @discardableResult
    func compile(_ name: String, _ text: String) throws -> Double {
        let process = try Compiler.compile(source: text, path: "bench.yml").process
        let (time, allocations) = measure {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(source: text, path: "bench.yml")
            } catch {
                print(error)
            }
        }
        line(name, time, allocations: allocations)
        let json = String(decoding: try process.canonicalJSON(), as: UTF8.self)
        let (encoding, encodingAllocations) = measure {
            do {
                _ = try process.digest()
            } catch {
                print(error)
            }
        }
        line("  its JSON and digest, \(json.utf8.count) bytes", encoding, allocations: encodingAllocations)
        return time
    }

    /// Seconds for a plan, and for a whole run.
    func plan(steps count: Int) -> (plan: Double, run: Double) {
        let process = Sample.graph(steps: count)
        let facts = Facts(event: .push, branch: "main", ref: "refs/heads/main")
        let (time, allocations) = measure { _ = Plan(process, facts: facts) }
        line("graph of \(count) steps", time, allocations: allocations)
        let plan = Plan(process, facts: facts)
        let (whole, wholeAllocations) = measure { Self.run(plan) }
        line("graph of \(count) steps, whole run", whole, allocations: wholeAllocations)
        return (time, whole)
    }

    mutating func check(_ what: String, _ seconds: Double, atMost budget: Double) {
        guard seconds > budget else { return }
        print("\(what) takes \(Self.milliseconds(seconds)), more than \(Self.milliseconds(budget))")
        isKept = false
    }

    /// Twice the size may cost twice as much, and a little for caches that are too small.
    mutating func checkLinear(_ what: String, _ seconds: [Double]) {
        for (half, whole) in zip(seconds, seconds.dropFirst()) where whole > half * 2.8 {
            print("\(what) of twice the size takes \(Int(whole / half * 100)) % of the time")
            isKept = false
        }
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
    private func measure(_ body: () -> Void) -> (seconds: Double, allocations: UInt64) {
        body()
        let before = slipway_allocations()
        body()
        let allocations = slipway_allocations() - before
        let end = Self.processorTime + 1
        var times: [Double] = []
        while Self.processorTime < end || times.count < 5 {
            let start = Self.processorTime
            body()
            times.append(Self.processorTime - start)
        }
        times.sort()
        return (times[times.count / 2], allocations)
    }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    private func line(_ name: String, _ seconds: Double, allocations: UInt64) {
        var usage = rusage()
        getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
        let time = Self.milliseconds(seconds).padded(to: 15)
        let rate = "\(Int(1 / seconds))".padded(to: 14)
        print("\(name.padded(to: 34))\(time)\(rate)\("\(allocations)".padded(to: 14))\(usage.ru_maxrss / 1024) MiB")
    }

    private static func milliseconds(_ seconds: Double) -> String { "\((seconds * 1e6).rounded() / 1000) ms" }
}

extension String {
    fileprivate func padded(to length: Int) -> String {
        self + String(repeating: " ", count: Swift.max(1, length - count))
    }
}

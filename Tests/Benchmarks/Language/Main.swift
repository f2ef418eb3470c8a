import Glibc
import PipelineLanguage

/// How fast the pipeline language is: documents per second, allocations, peak memory. Build it with optimisation. It
/// ends with 1 where a budget is not kept: a typical file in 1 ms, a plan of 1,000 steps in 5 ms, cost linear in size.
///
/// Times are those of the processor, so that what else the machine does takes no part in them; the memory is the most
/// there was up to then, which is why the large come last.
@main
enum Main {
    static func main() throws {
        var bench = Bench()
        print("compile                           per document   documents/s   allocations   peak memory")
        try bench.compile("small, \(Sample.lines(Sample.small)) lines", Sample.small)
        let typical = try bench.compile("typical, \(Sample.lines(Sample.typical)) lines", Sample.typical)
        bench.check("a typical file", typical, atMost: 0.001)
        var times: [Double] = []
        for size in [1_250, 2_500, 5_000] {
            let text = Sample.large(lines: size)
            times.append(try bench.compile("large, \(Sample.lines(text)) lines", text))
        }
        bench.checkLinear("compiling", times)

        print("\nplan                              per plan       plans/s       allocations   peak memory")
        var plans: [Double] = []
        var runs: [Double] = []
        for count in [250, 500, 1_000] {
            let (plan, run) = bench.plan(steps: count)
            plans.append(plan)
            runs.append(run)
        }
        bench.check("a plan of 1,000 steps", plans[2], atMost: 0.005)
        bench.checkLinear("planning", plans)
        bench.checkLinear("a whole run", runs)
        exit(bench.isKept ? 0 : 1)
    }
}

import Metrics
import Testing

@testable import Runtime

@Suite struct LogLineTests {
    @Test func logfmtQuotesWhatNeedsIt() {
        let line = LogLine(fields: [("level", "info"), ("msg", "two words"), ("path", "a=b"), ("empty", "")])
        #expect(line.rendered(.logfmt) == #"level=info msg="two words" path="a=b" empty="""#)
    }

    @Test(arguments: LogLine.Format.allCases)
    func nothingCanForgeALine(format: LogLine.Format) {
        let line = LogLine(fields: [("msg", "one\nlevel=error msg=\"two\"\u{1b}[31m\u{85}")]).rendered(format)
        #expect(!line.contains("\n"))
        #expect(!line.contains("\u{1b}"))
        #expect(!line.contains("\u{85}"))
    }

    @Test func whatALineIsAboutComesBeforeWhatIsTold() {
        let keys = ["error", "unlisted", "run", "attempt", "another", "job", "repository", "after"]
        #expect(
            keys.sorted(by: LogKey.isBefore)
                == ["repository", "run", "job", "attempt", "after", "error", "another", "unlisted"])
    }

    @Test func jsonIsAnObject() {
        #expect(
            LogLine(fields: [("msg", #"a "b" \"#), ("n", "1")]).rendered(.json) == #"{"msg":"a \"b\" \\","n":"1"}"#)
    }
}

@Suite struct MetricsRegistryTests {
    @Test func rendersForPrometheus() {
        let registry = MetricsRegistry()
        registry.makeCounter(label: "hooks_total", dimensions: [("result", "o\"k")]).increment(by: 2)
        registry.makeCounter(label: "hooks_total", dimensions: [("result", "o\"k")]).increment(by: 1)
        registry.makeMeter(label: "queue.depth", dimensions: []).set(7.5)
        let timer = registry.makeTimer(label: "seconds", dimensions: [])
        timer.recordNanoseconds(2_000_000)
        timer.recordNanoseconds(400_000_000_000)
        let text = registry.rendered()
        #expect(text.contains("# TYPE hooks_total counter\nhooks_total{result=\"o\\\"k\"} 3\n"))
        #expect(text.contains("# TYPE queue_depth gauge\nqueue_depth 7.5\n"))
        #expect(text.contains("seconds_bucket{le=\"0.001\"} 0\n"))
        #expect(text.contains("seconds_bucket{le=\"0.0025\"} 1\n"))
        #expect(text.contains("seconds_bucket{le=\"300\"} 1\n"))
        #expect(text.contains("seconds_bucket{le=\"+Inf\"} 2\n"))
        #expect(text.contains("seconds_count 2\n"))
        #expect(text.contains("seconds_sum 400.002\n"))
    }
}

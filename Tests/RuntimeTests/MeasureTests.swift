import Foundation
import Logging
import Measures
import Metrics
import Testing

@testable import Runtime

/// What is measured is what the documentation and the alert rules say.
@Suite struct MeasureTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let page = root.appending(path: "Shared/Slipway.docc/Metrics.md")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// With `SLIPWAY_RECORD_GOLDEN=1` the page's table is written from the code instead.
    @Test func `The page has the table of the code`() throws {
        let table = Measure.allCases.map { measure in
            let definition = measure.definition
            let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(measure.rawValue)` | \(definition.kind.rawValue) | \(labels) | \(definition.help) |"
        }.joined(separator: "\n")
        var lines = try String(contentsOf: Self.page, encoding: .utf8).components(separatedBy: "\n")
        let first = try #require(lines.firstIndex { $0.hasPrefix("|---") }) + 1
        let end = lines[first...].firstIndex { !$0.hasPrefix("|") } ?? lines.endIndex
        guard ProcessInfo.processInfo.environment["SLIPWAY_RECORD_GOLDEN"] == nil else {
            lines.replaceSubrange(first..<end, with: [table])
            return try lines.joined(separator: "\n").write(to: Self.page, atomically: true, encoding: .utf8)
        }
        #expect(
            lines[first..<end].joined(separator: "\n") == table,
            "write it: SLIPWAY_RECORD_GOLDEN=1 swift test --filter MeasureTests")
    }

    /// A rule on a name, a label or a value that nobody writes never fires.
    @Test func `Alert rules go by metrics and labels that there are`() throws {
        let rules = try Self.text("Compose/alerts.yml")
        let names = Set(rules.matches(of: /\bslipway_[a-z_]+\b/).map { String($0.0) })
        #expect(names.count > 10)
        for name in names { #expect(Measure(rawValue: name) != nil, "\(name)") }
        for match in rules.matches(of: /(slipway_[a-z_]+)\{([a-z]+)=/) {
            let labels = Measure(rawValue: String(match.1))?.definition.labels ?? []
            #expect(labels.contains(String(match.2)), "\(match.0)")
        }
    }

    /// Whatever is counted beside the table would have neither a meaning nor a place on the page.
    @Test func `Nothing is measured that is not in the table`() throws {
        for folder in ["Services", "Shared"] {
            let files = try #require(FileManager.default.enumerator(atPath: Self.root.appending(path: folder).path))
            for case let file as String in files where file.hasSuffix(".swift") && !file.hasPrefix("Measures/") {
                let text = try Self.text("\(folder)/\(file)")
                #expect(!text.contains(/\b(Counter|Gauge|Meter|Recorder|Timer)\(label:/), "\(folder)/\(file)")
            }
        }
    }

    @Test func `What is looked up stands beside what is counted, each with its meaning`() async {
        let registry = MetricsRegistry()
        registry.makeCounter(label: Measure.hooks.rawValue, dimensions: [("forge", "gitlab"), ("outcome", "accepted")])
            .increment(by: 2)
        let collectors = Collectors(ofService: "sync", data: "/")
        collectors.add { [Sample(.jobs, "slipway.build.default", "queued", is: 3)] }
        struct Away: Error {}
        collectors.add { throw Away() }
        let text = registry.rendered(with: await collectors.samples(logger: .init(label: "test")))
        for measure in [Measure.hooks, .jobs, .build, .diskFree] {
            let head = "# HELP \(measure.rawValue) \(measure.definition.help)\n# TYPE \(measure.rawValue) "
            #expect(text.contains(head + measure.definition.kind.rawValue + "\n"))
        }
        #expect(text.contains("slipway_hooks_total{forge=\"gitlab\",outcome=\"accepted\"} 2\n"))
        #expect(text.contains("slipway_jobs{queue=\"slipway.build.default\",state=\"queued\"} 3\n"))
        #expect(text.contains("slipway_build_info{service=\"sync\",version="))
        let free = text.matches(of: /slipway_disk_free_bytes\{folder="\/"\} ([0-9.e+]+)\n/)
        #expect(free.first.flatMap { Double($0.1) } ?? 0 > 0)
    }
}

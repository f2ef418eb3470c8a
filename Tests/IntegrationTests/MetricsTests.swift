import Contracts
import FoundationEssentials
import HTTPClient
import Subprocess
import SystemPackage
import TestSupport
import Testing

/// What an operator's Prometheus sees of the services, and what it calls for.
@Suite struct MetricsTests {
    private static let rules = SourceTree.root.appending("Compose/alerts.yml").string

    @Test(.timeLimit(.minutes(5))) func prometheusScrapesAllServicesAndTheRulesFire() async throws {
        try await Stack.with { stack in
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: stack.platform)
            _ = try await repository.commit(["a": "1\n"])
            let path = RepositoryPath(rawValue: repository.path)
            try await stack.platform.putComponent(
                "train", #"{"node": {"hardware": "gpu"}, "steps": [{"step": "train", "commands": ["true"]}]}"#)
            try await stack.platform.putComponent("plain", #"[{"step": "work", "commands": ["true"]}]"#)
            var runs: [RunID] = []
            for component in ["train", "plain"] {
                let request = RunRequest(repository: path, component: component)
                runs.append(try await stack.platform.send(.post, "runs", request).decode(RunView.self).summary.id)
            }
            try await eventually(within: .seconds(60), "the run's end") {
                try await stack.platform.send(.get, "runs/\(runs[1])").decode(RunView.self).summary.state == .success
            }

            for (name, port) in stack.ports.admin {
                let script = "curl -sSf http://127.0.0.1:\(port)/metrics | promtool check metrics"
                await #expect(throws: Never.self, "\(name)") { try await runTool("sh", ["-c", script]) }
            }
            try await Self.withPrometheus(of: stack) { query in
                try await eventually(within: .seconds(60), "all services are scraped") {
                    try await query("slipway_build_info").count == Stack.names.count
                }
                #expect(
                    Set(try await query("slipway_build_info").compactMap { $0.labels["service"] }) == Set(Stack.names))
                #expect(try await query(#"slipway_broker_connected == 1"#).count >= Stack.names.count)
                #expect(try await query("slipway_runs_open").first?.value == 1)
                let queued = try await query(#"slipway_jobs{state="queued"}"#)
                #expect(queued.map(\.value) == [1] && queued.first?.labels["queue"] == "slipway.build.default")
                #expect(try await query("slipway_jobs_oldest_seconds > 0").count == 1)
                #expect(try await query(#"slipway_workers{state="ready"} > 0"#).count == 2)
                let steps = #"slipway_step_seconds_count{kind="commands",outcome="success"}"#
                #expect(try await query(steps).first?.value == 1)
                #expect(try await query(#"slipway_job_seconds_count{outcome="success"}"#).first?.value == 1)
                #expect(try await query(#"slipway_claim_seconds_count{granted="true"}"#).first?.value == 1)
                #expect(try await query("slipway_disk_free_bytes > 0").count >= 4)
                let depths = Set(try await query("slipway_queue_messages").compactMap { $0.labels["queue"] })
                let queues = [
                    "slipway.sync", "slipway.logs", "slipway.notifier.events", "slipway.parked",
                    "slipway.build.default", "slipway.deploy.default", "slipway.again.sync.5min",
                    "slipway.again.logs.held",
                ]
                #expect(depths.isSuperset(of: queues), "\(depths)")
                #expect(try await query(#"ALERTS{alertname="SlipwayServiceDown"}"#).isEmpty)

                try await stack.service("notifier").stop()
                try await eventually(within: .seconds(60), "the rule fires") {
                    try await query(#"ALERTS{alertname="SlipwayServiceDown",alertstate="firing"}"#).count == 1
                }
            }
        }
    }

    /// What takes long to come about is made up of values over hours, which `promtool` plays.
    @Test func theRulesFireWhereTheyShould() async throws {
        try await withTemporaryDirectory { folder in
            try await runTool("promtool", ["check", "rules", Self.rules])
            let test = folder.appending("test.yml")
            try writeFile(test, Self.played)
            try await runTool("promtool", ["test", "rules", test.string])
        }
    }

    private static let played = """
        rule_files: ['\(rules)']
        evaluation_interval: 1m
        tests:
          - interval: 1m
            input_series:
              - {series: 'slipway_jobs{queue="slipway.build.gpu",state="queued"}', values: '2x20'}
              - {series: 'slipway_jobs{queue="slipway.build.default",state="queued"}', values: '2x20'}
              - {series: 'slipway_workers{queue="slipway.build.gpu",state="ready"}', values: '0x20'}
              - {series: 'slipway_workers{queue="slipway.build.default",state="ready"}', values: '1x20'}
              - {series: 'slipway_disk_free_bytes{instance="a",folder="/data"}', values: '5x20'}
              - {series: 'slipway_disk_size_bytes{instance="a",folder="/data"}', values: '100x20'}
              - {series: 'slipway_outbox_waiting{instance="a"}', values: '3x20'}
              - {series: 'slipway_outbox_published_total{instance="a"}', values: '7x20'}
              - {series: 'slipway_outbox_waiting{instance="b"}', values: '3x20'}
              - {series: 'slipway_outbox_published_total{instance="b"}', values: '0+9x20'}
              - {series: 'slipway_queue_messages{queue="slipway.again.sync.held"}', values: '0 2x19'}
              - {series: 'slipway_queue_messages{queue="slipway.again.sync.5min"}', values: '2x20'}
              - {series: 'slipway_outbox_set_aside{instance="b"}', values: '1x20'}
            alert_rule_test:
              - eval_time: 17m
                alertname: SlipwayMessagesHeld
                exp_alerts:
                  - exp_labels: {severity: warning, queue: slipway.again.sync.held}
                    exp_annotations:
                      summary: '2 messages in slipway.again.sync.held are of a newer version: update the service that takes them'
              - eval_time: 17m
                alertname: SlipwayOutboxUnreadable
                exp_alerts:
                  - exp_labels: {severity: warning, instance: b}
                    exp_annotations:
                      summary: '1 messages that b was to send cannot be read by its version; its log says why'
              - eval_time: 15m
                alertname: SlipwayNoWorker
                exp_alerts:
                  - exp_labels: {severity: critical, queue: slipway.build.gpu, state: queued}
                    exp_annotations:
                      summary: '2 jobs of slipway.build.gpu wait, and no worker of it is ready: slipway worker list'
              - eval_time: 15m
                alertname: SlipwayDiskLow
                exp_alerts:
                  - exp_labels: {severity: warning, instance: a, folder: /data}
                    exp_annotations: {summary: 'a has 5% of the disk of /data left'}
              - eval_time: 15m
                alertname: SlipwayOutboxStuck
                exp_alerts:
                  - exp_labels: {severity: critical, instance: a}
                    exp_annotations: {summary: '3 messages of a wait, and none gets through'}
        """

    private struct Value {
        var labels: [String: String]
        var value: Double
    }

    /// What Prometheus answers to a query.
    private struct Answer: Decodable {
        struct Data: Decodable { var result: [Series] }
        struct Series: Decodable {
            var metric: [String: String]
            var value: [JSONValue]
        }
        var data: Data
    }

    /// Runs Debian's Prometheus on the services of a stack, with the rules at once instead of after minutes.
    private static func withPrometheus(
        of stack: Stack, _ body: ((String) async throws -> [Value]) async throws -> Void
    ) async throws {
        let folder = stack.directory.appending("prometheus")
        try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
        let text = try String(contentsOf: URL(filePath: rules), encoding: .utf8)
        try writeFile(folder.appending("alerts.yml"), text.replacing(/for: [0-9]+m/, with: "for: 0s"))
        let targets = stack.ports.admin.values.map { "'127.0.0.1:\($0)'" }.joined(separator: ", ")
        try writeFile(
            folder.appending("prometheus.yml"),
            """
            global: {scrape_interval: 1s, evaluation_interval: 1s}
            rule_files: [alerts.yml]
            scrape_configs: [{job_name: slipway, static_configs: [{targets: [\(targets)]}]}]
            """)
        let port = try LoopbackPort.free()
        let arguments: Arguments = [
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/data",
            "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
        ]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                _ = try await run(
                    .name("prometheus"), arguments: arguments, output: .discarded,
                    error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
            }
            func query(_ text: String) async throws -> [Value] {
                let escaped = text.utf8.map { byte in
                    let letter = Character(Unicode.Scalar(byte))
                    guard !letter.isLetter, !letter.isNumber else { return "\(letter)" }
                    return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
                }.joined()
                let answer = try await runTool(
                    "curl", ["-sS", "http://127.0.0.1:\(port)/api/v1/query?query=\(escaped)"])
                return try Wire.decode(Answer.self, from: Data(answer.utf8)).data.result.map { series in
                    guard case .string(let text) = series.value.last, let value = Double(text) else {
                        throw TestFailure("no value: \(series)")
                    }
                    return Value(labels: series.metric, value: value)
                }
            }
            try await eventually(within: .seconds(30), "Prometheus is ready") {
                do {
                    try await runTool("curl", ["-sSf", "http://127.0.0.1:\(port)/-/ready"])
                    return true
                } catch is TestFailure {
                    return false
                }
            }
            try await body(query)
            group.cancelAll()
        }
    }
}

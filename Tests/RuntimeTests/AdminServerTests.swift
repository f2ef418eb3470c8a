import FoundationEssentials
import Logging
import Testing

@testable import Runtime

@Suite("Where health and metrics are served")
struct AdminServerTests {
    @Test(
        "one port or several",
        arguments: [
            ("127.0.0.1:9100", "127.0.0.1:9100"), (":9100", "0.0.0.0:9100"), ("[::1]:0", "[::1]:0"),
            ("127.0.0.1:9100-9109", "127.0.0.1:9100-9109"), ("[::1]:9100-9100", "[::1]:9100"),
            ("127.0.0.1:9109-9100", nil), ("127.0.0.1:0-10", nil), ("127.0.0.1:9100-70000", nil), ("9100-9109", nil),
            ("some-host:x", nil),
        ] as [(String, String?)])
    func address(_ text: String, _ expected: String?) {
        #expect(AdminAddress(text)?.description == expected)
    }

    @Test("of several ports each process takes the first that is free, and says which")
    func ports() async throws {
        let folder = "/tmp/slipway-admin-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) } }
        let first = Int.random(in: 20_000...30_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            var found: [String] = []
            for number in 0..<2 {
                let server = AdminServer(
                    address: AdminAddress(host: "127.0.0.1", ports: first...(first + 9)), file: "\(folder)/\(number)",
                    readiness: Readiness(), metrics: MetricsRegistry(),
                    collectors: Collectors(ofService: "test", data: nil), logger: Logger(label: "test"))
                group.addTask { try await server.run() }
                let deadline = ContinuousClock.now + .seconds(20)
                while !FileManager.default.fileExists(atPath: "\(folder)/\(number)"), ContinuousClock.now < deadline {
                    try await Task.sleep(for: .milliseconds(10))
                }
                found.append(try String(contentsOf: URL(filePath: "\(folder)/\(number)"), encoding: .utf8))
            }
            #expect(Set(found).count == 2, "\(found)")
            #expect(found.allSatisfy { $0.hasPrefix("127.0.0.1:") && $0.hasSuffix("\n") }, "\(found)")
            group.cancelAll()
        }
    }
}

import FoundationEssentials
import Glibc
import HTTPClient
import Logging

/// A stack on this machine: a private broker where none is given, and the six services.
struct Stack: Sendable {
    let layout: StackLayout
    /// The folder the executables are in.
    let binaries: String
    /// A broker to use in the place of a private one.
    var broker: String?
    var settings: [StackSetting] = []
    /// Whether steps may be processes, with the engine's socket.
    var processes = false
    /// What has to be given to `slipway up` and `slipway down` to mean this stack; `nil` where nobody reads it.
    var flags: String?
    var inherited: [String: String] = ProcessInfo.processInfo.environment

    static func executableFolder() throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        guard length > 0 else { throw CommandError("the folder of this program cannot be found out") }
        let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    }

    /// Starts what does not run yet and waits until all of it is ready.
    func start(timeout: Duration) async throws {
        try layout.createDirectories()
        let lock = try StackLock(layout)
        defer { lock.release() }
        var progress = StackProgress()
        try findBinaries()
        let known = try await KnownSettings.ask(binaries)
        try known.check(settings)
        if let remark = known.remark(on: inherited) { Console.remark(remark) }
        try StackKeys.prepare(
            layout, services: StackService.all.filter { $0.keys.contains(.seal) && $0.name != "pipeline" }.map(part))
        StackInterrupt.watch()
        try await startBroker(&progress, timeout: timeout)
        try startFirewall()
        for service in StackService.all {
            try StackInterrupt.check(flags: flags)
            try start(service, known, &progress)
        }
        try await waitUntilReady(&progress, timeout: timeout)
        tellFirewall(&progress)
    }

    private func findBinaries() throws {
        let missing = StackService.all.map(\.name).filter { access("\(binaries)/\($0)", X_OK) != 0 }
        guard missing.isEmpty else {
            throw CommandError(
                "\(binaries) lacks \(missing.joined(separator: ", "))",
                remedy: "build them (`swift build`) or name their folder with --binaries")
        }
    }

    /// The stack's own broker.
    private var node: PrivateBroker {
        PrivateBroker(layout: layout, binaries: binaries) { setting($0, of: $1) }
    }

    private func setting(_ name: String, of service: String) -> String? {
        StackService.value(of: name, for: service, settings, inherited)
    }

    private func part(of service: StackService) -> String { service.part { setting($0, of: service.name) } }

    /// The file with the address that a service reaches the broker at, or the operator.
    func brokerAddress(of name: String) -> String {
        broker == nil ? node.address(of: name) : layout.key("broker-url")
    }

    private func startBroker(_ progress: inout StackProgress, timeout: Duration) async throws {
        if let broker {
            try SecretFile.write("\(broker)\n".utf8, to: layout.key("broker-url"))
            return
        }
        var record = try ProcessRecord.load(layout.record("rabbitmq")).flatMap { $0.isAlive ? $0 : nil }
        if record == nil {
            _ = try await stop(PrivateBroker.records)
            try requireFree([layout.ports.broker, layout.ports.brokerDistribution, layout.ports.brokerMapper])
            try await node.prepare(environment: inherited)
            try node.start(environment: inherited)
            record = try ProcessRecord.load(layout.record("rabbitmq"))
        }
        progress.set("rabbitmq", "starting on port \(layout.ports.broker)", .busy)
        let deadline = ContinuousClock.now + timeout
        while !LocalPort.answers(layout.ports.broker) {
            if let record { DetachedProcess.reap(record) }
            guard record?.isAlive == true, ContinuousClock.now < deadline else {
                progress.set("rabbitmq", "did not start", .bad)
                throw failure("rabbitmq", "RabbitMQ did not start")
            }
            try await Task.sleep(for: .milliseconds(100))
            try StackInterrupt.check(flags: flags)
            progress.tick()
        }
        progress.set("rabbitmq", "ready on port \(layout.ports.broker)", .good)
    }

    private func start(
        _ service: StackService, _ known: KnownSettings, _ progress: inout StackProgress
    ) throws {
        if let record = try ProcessRecord.load(layout.record(service.name)), record.isAlive {
            progress.set(service.name, "runs already", .busy)
            return
        }
        var ports = [layout.ports.admin(service.index)]
        if let port = service.port(layout) { ports.append(port) }
        try requireFree(ports)
        try FileManager.default.createDirectory(
            atPath: layout.data(service.name), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700]
        )
        let address = brokerAddress(of: service.name)
        guard FileManager.default.fileExists(atPath: address) else {
            throw CommandError(
                "the private broker has no login for this \(service.name): there is no \(address)",
                remedy: "start it anew: slipway down\(flags ?? ""), slipway up\(flags ?? "")")
        }
        let record = try DetachedProcess.start(
            "\(binaries)/\(service.name)",
            environment: service.environment(
                layout: layout, broker: address, inherited: inherited, settings: settings,
                engine: LocalEngine.socket(environment: inherited), processes: processes, known: known),
            directory: layout.data(service.name), log: layout.log(service.name))
        try record.save(layout.record(service.name))
        progress.set(service.name, "starting", .busy)
    }

    private func requireFree(_ ports: [Int]) throws {
        for port in ports where !LocalPort.isFree(port) {
            throw CommandError(
                "port \(port) is taken by another program",
                remedy: "end it, or choose other ports with --port (see `slipway up --help`)")
        }
    }

    private func waitUntilReady(_ progress: inout StackProgress, timeout: Duration) async throws {
        let http = HTTPClient(logger: Logger(label: "slipway", factory: { _ in SwiftLogNoOpLogHandler() }))
        var waiting = StackService.all
        let deadline = ContinuousClock.now + timeout
        do {
            while !waiting.isEmpty {
                for service in waiting {
                    let record = try ProcessRecord.load(layout.record(service.name))
                    if let record { DetachedProcess.reap(record) }
                    guard record?.isAlive == true else {
                        progress.set(service.name, "ended", .bad)
                        throw failure(service.name, "\(service.name) ended while it started")
                    }
                    let problem = await readiness(of: service, http)
                    if let problem {
                        progress.set(service.name, problem, .busy)
                    } else {
                        progress.set(service.name, "ready", .good)
                        waiting.removeAll { $0 == service }
                    }
                    if problem != nil, ContinuousClock.now > deadline {
                        progress.set(service.name, "not ready", .bad)
                        throw failure(service.name, "\(service.name) is not ready: \(problem ?? "")")
                    }
                }
                if !waiting.isEmpty {
                    try await Task.sleep(for: .milliseconds(100))
                    try StackInterrupt.check(flags: flags)
                    progress.tick()
                }
            }
            await http.shutdown()
        } catch {
            await http.shutdown()
            throw error
        }
    }

    /// Why a service is not ready, or `nil`.
    private func readiness(of service: StackService, _ http: HTTPClient) async -> String? {
        var request = HTTPRequest(.get, "http://127.0.0.1:\(layout.ports.admin(service.index))/readyz")
        request.totalTimeout = .seconds(2)
        do {
            let answer = try await http.send(request)
            let body = try await answer.body.collect(upTo: 64 << 10)
            return answer.isSuccess ? nil : PlainText.singleLine(String(decoding: body, as: UTF8.self))
        } catch {
            return "starting"
        }
    }

    private func failure(_ name: String, _ message: String) -> CommandError {
        CommandError(
            message, remedy: "the whole log is in \(layout.log(name)); `slipway down` ends what was started",
            details: LogTail.lines(of: layout.log(name), count: 8))
    }

    /// Whether steps can run in containers, and images be built.
    var hasEngine: Bool {
        let named = settings.contains { $0.name == "SLIPWAY_DOCKER_SOCKET" && $0.service ?? "builder" == "builder" }
        return named || inherited["SLIPWAY_DOCKER_SOCKET"].nonEmpty != nil
            || LocalEngine.socket(environment: inherited) != nil
    }

    /// Ends exactly what was started here: the services first, so that they can hand back their work to the broker.
    /// - Returns: the names of what ran.
    @discardableResult
    func stop() async throws -> [String] {
        guard FileManager.default.fileExists(atPath: layout.directory + "/run") else { return [] }
        let lock = try StackLock(layout)
        defer { lock.release() }
        let keeper = try firewallProgram()
        var ended = try await stop(StackService.all.map(\.name) + [Self.firewall])
        // One after the other: a node that misses its port mapper starts another, which nobody would know of.
        for name in PrivateBroker.records.reversed() { ended += try await stop([name]) }
        try await removeFirewall(keeper)
        return ended
    }

    private func stop(_ names: [String]) async throws -> [String] {
        let records = try names.compactMap { name in
            try ProcessRecord.load(layout.record(name)).map { (name, $0) }
        }
        let running = records.filter { $0.1.isAlive }
        for (_, record) in running { record.signal(SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(40)
        while running.contains(where: { $0.1.isAlive }) {
            for (_, record) in running { DetachedProcess.reap(record) }
            if ContinuousClock.now > deadline {
                for (_, record) in running { record.signal(SIGKILL, toGroup: true) }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        for (name, _) in records { try FileManager.default.removeItem(atPath: layout.record(name)) }
        return running.map(\.0)
    }
}

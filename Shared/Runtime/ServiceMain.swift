import AMQP
import Contracts
import FoundationEssentials
import Logging
import Measures
public import Messaging
import Metrics
public import ServiceLifecycle
import UnixSignals

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The `main` of every service: settings, log, metrics, health, broker, signals.
///
/// ```swift
/// @main
/// enum Main {
///     static func main() async {
///         await ServiceMain(name: "builder", summary: "runs jobs", settings: BuilderSettings.all, adminPort: 9103)
///             .run { context in try Builder(context).services() }
///     }
/// }
/// ```
public struct ServiceMain: Sendable {
    let name: String
    let summary: String
    let settings: [any AnySetting]
    let adminPort: Int
    let needsBroker: Bool
    let commands: [ServiceCommand]

    /// - Parameters:
    ///   - settings: those of this service beside ``CommonSettings``.
    ///   - adminPort: where health and metrics are served on loopback unless set otherwise.
    ///   - needsBroker: whether the service is not ready while the broker is away.
    ///   - commands: what the program does beside serving.
    public init(
        name: String, summary: String, settings: [any AnySetting], adminPort: Int, needsBroker: Bool = true,
        commands: [ServiceCommand] = []
    ) {
        self.name = name
        self.summary = summary
        self.settings = settings
        self.adminPort = adminPort
        self.needsBroker = needsBroker
        self.commands = commands
    }

    /// Runs the services until one ends or SIGTERM or SIGINT comes, or the command that is asked for, and ends the
    /// process: 0 after a signal or the command, 2 for wrong flags, 78 for a wrong setting, 1 for anything else.
    /// - Parameters:
    ///   - queues: the queues that this service consumes; of `pipeline`, those of workers that may not be there yet.
    ///   - services: makes the service's own parts. They start after the broker connects in the background, and stop
    ///     before it does.
    public func run(
        queues: @Sendable (Settings) throws -> [Messaging.Queue] = { _ in [] },
        services: @Sendable (ServiceContext) async throws -> [any Service]
    ) async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        let command = command(in: arguments)
        let flags = Array(arguments.dropFirst(command?.words.count ?? 0))
        if arguments.contains("--help") || arguments.contains("-h") {
            print(command.map(help(of:)) ?? help)
            exit(0)
        }
        if let problem = unknownArgument(in: flags, of: command) {
            complain("\(name): \(problem)")
            exit(2)
        }
        // What a service keeps is for its own user.
        umask(0o077)
        // A peer that hangs up is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            let settings = try await Settings(
                arguments: CommandLine.arguments.prefix(1) + flags, environment: ProcessInfo.processInfo.environment)
            let logger = try makeLogger(settings)
            if let command {
                try await command.run(settings, logger)
            } else {
                try await start(settings, logger, queues: queues, services: services)
            }
            exit(0)
        } catch let error as SettingsError {
            complain("\(name): \(error.message)\n  \(error.remedy)")
            exit(78)
        } catch {
            complain("\(name): \(error)")
            exit(1)
        }
    }

    private func start(
        _ settings: Settings, _ logger: Logger,
        queues: @Sendable (Settings) throws -> [Messaging.Queue],
        services: @Sendable (ServiceContext) async throws -> [any Service]
    ) async throws {
        let metrics = MetricsRegistry()
        MetricsSystem.bootstrap(metrics)

        let queues = try queues(settings)
        let broker = try broker(
            settings, CommonSettings.brokerURL, topology: MessageMap.topology(with: queues), consuming: queues, logger)
        let readiness = Readiness()
        readiness.add("broker", isNeeded: needsBroker) { await broker.status.problem }
        let bus = Bus(broker: broker, service: name)
        var (brokers, logs) = ([broker], bus)
        if self.settings.contains(where: { $0.variable == CommonSettings.logBrokerURL.variable }) {
            let logBroker = try self.broker(
                settings,
                try settings.optional(CommonSettings.logBrokerURL) == nil
                    ? CommonSettings.brokerURL : CommonSettings.logBrokerURL,
                purpose: " logs", topology: MessageMap.logTopology, consuming: [], logger)
            readiness.add("log broker", isNeeded: false) { await logBroker.status.problem }
            brokers.append(logBroker)
            logs = Bus(broker: logBroker, service: name)
        }
        let collectors = Collectors(ofService: name, data: try settings.optional(CommonSettings.data))
        for (connection, broker) in zip(["messages", "logs"], brokers) {
            collectors.add {
                [Sample(.brokerConnected, connection, is: await broker.status.problem == nil ? 1 : 0)]
            }
        }
        let context = ServiceContext(
            name: name, settings: settings, logger: logger, broker: broker, bus: bus, logs: logs, readiness: readiness,
            collectors: collectors)
        let admin = AdminServer(
            address: try settings.optional(CommonSettings.adminListen)
                ?? AdminAddress(host: "127.0.0.1", ports: adminPort...adminPort),
            file: try settings.optional(CommonSettings.adminFile), readiness: readiness, metrics: metrics,
            collectors: collectors, logger: logger)

        var configurations = (brokers.map(BrokerService.init) + [admin as any Service]).map {
            ServiceGroupConfiguration.ServiceConfiguration(service: $0)
        }
        for service in try await services(context) { configurations.append(.init(service: service)) }
        // Below info the group writes out its services with all they hold.
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .info)
        var group = ServiceGroupConfiguration(
            services: configurations, gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = try settings.value(CommonSettings.shutdownGrace)
        tellUnread(ProcessInfo.processInfo.environment, logger)
        logger.info("started", metadata: ["version": "\(Version.current)"])
        try await ServiceGroup(configuration: group).run()
        logger.info("stopped")
    }

    /// - Parameters:
    ///   - topology: what is declared by `pipeline`, and by everyone where all share one login.
    ///   - queues: what a service with its own login declares, which may do no more.
    private func broker(
        _ settings: Settings, _ setting: Setting<String>, purpose: String = "", topology: Topology,
        consuming queues: [Messaging.Queue], _ logger: Logger
    ) throws -> Broker {
        let configuration: BrokerConfiguration
        do {
            configuration = try BrokerConfiguration(
                url: try settings.value(setting), connectionName: "\(name)\(purpose)")
        } catch let error as AMQPError {
            throw SettingsError(
                setting: setting.variable, message: "\(setting.variable): \(error.message)",
                remedy: "for example \(setting.variable)=\(setting.example)")
        }
        let service = BrokerUser.service(of: configuration.username)
        guard service == nil || service == name else {
            throw SettingsError(
                setting: setting.variable,
                message: "\(setting.variable): the login \(configuration.username) is that of \(service ?? "")",
                remedy: "give \(name) its own; pipeline broker definitions makes one for each service")
        }
        if service == nil, purpose.isEmpty {
            logger.notice(
                "the broker's login is shared: nobody is kept apart there, and no sender is checked; see pipeline broker definitions",
                metadata: ["name": "\(configuration.username)"])
        }
        return Broker(
            configuration,
            topology: service == nil || name == MessageMap.platform ? topology : MessageMap.topology(consuming: queues),
            logger: logger)
    }

    private func makeLogger(_ settings: Settings) throws -> Logger {
        let level = try settings.value(CommonSettings.logLevel)
        let format = try settings.value(CommonSettings.logFormat)
        let output = LogOutput()
        let service = name
        LoggingSystem.bootstrap { _ in
            ServiceLogHandler(service: service, format: format, output: output, logLevel: level)
        }
        return Logger(label: name)
    }

    private func complain(_ text: String) {
        LogOutput().write(text)
    }
}

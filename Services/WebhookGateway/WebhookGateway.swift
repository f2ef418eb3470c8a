import AMQP
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import WebServer

/// The edge: takes hooks from forges and answers once what they say is durable.
struct WebhookGateway {
    private let context: ServiceContext

    init(_ context: ServiceContext) {
        self.context = context
    }

    func services() async throws -> [any Service] {
        let settings = context.settings
        let bus = context.bus
        // A forge waits ten seconds; what the broker does not take by then is spooled well before.
        let timeout = Duration.seconds(4)
        let publish: @Sendable (PreparedMessage) async throws -> Void = { message in
            try await bus.publish(message, timeout: timeout)
        }
        var spool: Spool?
        var services: [any Service] = []
        if try settings.optional(CommonSettings.data) != nil {
            let folder = try DataFolder.claim(settings)
            let opened = try await Spool.open(
                in: folder.path, floor: try DiskFloor(of: folder.path, settings), logger: context.logger,
                publish: publish)
            // Before the server, so that they end after it.
            services = [opened.relay, AbandonedSpools(beside: folder, logger: context.logger, publish: publish)]
            spool = opened
        } else {
            context.logger.notice("no spool: pushes are refused while the broker is away; set SLIPWAY_DATA")
        }
        let groups = try settings.value(GatewaySettings.secrets)
        let secrets = HookSecrets(
            token: HookToken(key: try settings.value(CommonSettings.hookKey)), groups: groups,
            signed: try settings.value(GatewaySettings.signed))
        if !groups.signingGroups.isEmpty {
            context.logger.notice(
                "hooks of these groups have to be signed, and no token is right for them: they have a signing secret alone",
                metadata: ["name": "\(groups.signingGroups.joined(separator: ","))"])
        }
        context.readiness.add("unsigned hooks", isNeeded: false) { secrets.unsignedRemark }
        let batches = PublishBatches<Publication> { bus.publish($0) }
        let intake = Intake(
            publish: { batches.publish(Publication($0.outgoing, timeout: timeout, done: $1)) }, spool: spool,
            logger: context.logger)
        context.readiness.add("hooks") { [broker = context.broker] in
            await intake.problem(broker: await broker.status.problem)
        }
        let certificate = try ServerCertificate(settings, context.readiness, logger: context.logger)
        if let certificate { services.append(certificate) }
        let server = GatewayServer(
            address: try settings.value(GatewaySettings.listen), certificate: certificate,
            routes: HookRoutes(
                forges: ForgeRegistry.all(secrets), intake: intake,
                inquiries: HookInquiries(groups: groups) { try await bus.call($0, timeout: .seconds(3)) },
                bodies: BodyLimit(bytes: try settings.value(GatewaySettings.bodyLimit)),
                proxies: try settings.value(CommonSettings.trustedProxies), logger: context.logger),
            logger: context.logger)
        return services + [server]
    }
}

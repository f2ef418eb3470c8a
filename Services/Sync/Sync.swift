import Contracts
import FoundationEssentials
import Git
import Logging
import Messaging
import Runtime
import Secrets
import ServiceLifecycle
import WebServer

/// Source: keeps a mirror of each repository, finds the commit of a push and its pipeline file, and serves the mirrors
/// to builders.
struct Sync {
    /// How many messages are held; of those that wait for a slot only some, see ``FetchSlots``.
    private static let prefetch = 4096

    private let context: ServiceContext

    init(_ context: ServiceContext) {
        self.context = context
    }

    func services() async throws -> [any Service] {
        let settings = context.settings
        let logger = context.logger
        let data = try settings.value(CommonSettings.data)
        let listen = try settings.value(SyncSettings.listen)
        try FileManager.default.createDirectory(atPath: data + "/home", withIntermediateDirectories: true)
        let floor = try DiskFloor(of: data, settings)
        context.readiness.add("disk") { floor.problem() }
        let certificate = try ServerCertificate(settings, context.readiness, logger: logger)
        let authorities = try TrustedCertificates(settings, in: data, context.readiness, logger: logger)
        var git = GitProgram(
            path: try settings.value(SyncSettings.git), home: data + "/home",
            allowsFile: try settings.value(SyncSettings.allowsFile),
            certificates: authorities?.path, logger: logger)
        git.ssh = try SyncSettings.ssh(settings)
        git.idleTimeout = try settings.value(SyncSettings.idleTimeout)
        let mirrors = Mirrors(
            data: data, program: git,
            publicURL: try settings.optional(SyncSettings.mirrorURL)
                ?? "\(certificate == nil ? "http" : "https")://\(listen)")
        let maintenance = MirrorMaintenance(logger: logger)
        let slots = FetchSlots(
            total: try settings.value(SyncSettings.concurrency),
            perHost: try settings.value(SyncSettings.hostConcurrency), messages: Self.prefetch)
        let keys = try CommonSettings.sealKeys(settings, for: [.sync], logger: logger)
        let directory = RepositoryDirectory(bus: context.bus, keys: keys.keys(of: .sync))
        let access = SourceAccessReader(
            directory: directory, keys: keys,
            timeout: try settings.value(SyncSettings.timeout))
        let synchronizer = Synchronizer(
            mirrors: mirrors, access: access, maintenance: maintenance, slots: slots, floor: floor)
        let parts = PartsFetcher(
            mirrors: mirrors, access: access, slots: slots, maintenance: maintenance,
            largeFileLimit: Int64(try settings.value(SyncSettings.largeFileLimit)) << 20)
        let outcomes = SyncOutcomes(bus: context.bus, logger: logger)
        return ([certificate, authorities] as [(any Service)?]).compactMap { $0 } + [
            maintenance, MirrorSweep(mirrors: mirrors, directory: directory, logger: logger),
            KeyAnnouncement(directory: directory, logger: logger),
            RouterService(
                MirrorRoutes(
                    mirrors: mirrors, tokens: MirrorToken(key: try settings.value(CommonSettings.mirrorKey)),
                    parts: parts, logger: logger
                ).router(), on: listen, setting: SyncSettings.listen, certificate: certificate, logger: logger),
            QueueConsumer(
                bus: context.bus, queue: MessageMap.sync, prefetch: Self.prefetch,
                handlers: [
                    PushReceivedHandler(synchronizer: synchronizer, outcomes: outcomes),
                    SyncRequestedHandler(synchronizer: synchronizer, outcomes: outcomes),
                    HeadsRequestedHandler(
                        lister: HeadsLister(mirrors: mirrors, access: access, slots: slots, logger: logger),
                        bus: context.bus),
                ], logger: logger),
        ]
    }
}

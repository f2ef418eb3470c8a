import FoundationEssentials
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The service's own page for machines: `/healthz` (the process answers), `/readyz` (it can do its work) and
/// `/metrics` for Prometheus. On a separate address, not the public one.
struct AdminServer: Service {
    let address: AdminAddress
    /// Told the address that is in use.
    let file: String?
    let readiness: Readiness
    let metrics: MetricsRegistry
    let collectors: Collectors
    let logger: Logger

    func run() async throws {
        for port in address.ports {
            do {
                return try await serve(ListenAddress(host: address.host, port: port))
            } catch let error as IOError where error.errnoCode == EADDRINUSE && port < address.ports.upperBound {
                logger.debug("the port is taken", metadata: ["address": "\(address.host):\(port)"])
            } catch {
                throw SettingsError(cannotListenOn: "\(address)", CommonSettings.adminListen, error)
            }
        }
    }

    private func serve(_ address: ListenAddress) async throws {
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: router(), configuration: .init(address: .hostname(address.host, port: address.port)),
            onServerRunning: { channel in tell(channel.localAddress?.port ?? address.port, of: address.host) },
            logger: quiet)
        try await application.run()
    }

    private func tell(_ port: Int, of host: String) {
        guard let file else { return }
        do {
            try Data("\(ListenAddress(host: host, port: port))\n".utf8).write(to: URL(filePath: file), options: .atomic)
        } catch {
            logger.warning(
                "the address of health and metrics cannot be written",
                metadata: ["path": "\(file)", "error": "\(error)"])
        }
    }

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("healthz") { _, _ in "ok\n" }
        router.get("readyz") { _, _ in
            let problems = await readiness.problems()
            let lines = (problems.isEmpty ? ["ready"] : problems) + (await readiness.remarks())
            return Response(
                status: problems.isEmpty ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain"],
                body: .init(byteBuffer: .init(string: lines.joined(separator: "\n") + "\n")))
        }
        router.get("metrics") { _, _ in
            let samples = await collectors.samples(logger: logger)
            return Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: .init(byteBuffer: .init(string: metrics.rendered(with: samples))))
        }
        return router
    }
}

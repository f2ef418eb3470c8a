import Hummingbird
import Logging
import ServiceLifecycle

/// The service's own page for machines: `/healthz` (the process answers), `/readyz` (it can do its work) and
/// `/metrics` for Prometheus. On an address of its own, not the public one.
struct AdminServer: Service {
    let address: ListenAddress
    let readiness: Readiness
    let metrics: MetricsRegistry
    let logger: Logger

    func run() async throws {
        var quiet = logger
        quiet.logLevel = .warning
        let application = Application(
            router: router(), configuration: .init(address: .hostname(address.host, port: address.port)), logger: quiet)
        do {
            try await application.run()
        } catch {
            throw SettingsError(
                setting: CommonSettings.adminListen.variable, message: "cannot listen on \(address): \(error)",
                remedy: "another program may have the port; set \(CommonSettings.adminListen.variable) to a free one")
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
            Response(
                status: .ok, headers: [.contentType: "text/plain; version=0.0.4"],
                body: .init(byteBuffer: .init(string: metrics.rendered())))
        }
        return router
    }
}

import DockerEngine
import HTTPClient
import PipelineLanguage
import Worker

/// Finds out when a container works.
struct ContainerProbe: Sendable {
    let probe: Probe
    /// Where its command runs; the container's own directory if `nil`.
    let directory: String?
    let engine: DockerEngine
    let http: HTTPClient

    /// Tries until it works.
    /// - Throws: ``JobFailure`` if it does not within the probe's time, `CancellationError`.
    func wait(for id: String) async throws {
        let deadline = ContinuousClock.now + .seconds(probe.timeout)
        while true {
            if try await works(id) { return }
            guard ContinuousClock.now < deadline else {
                throw JobFailure("it did not become ready within \(probe.timeout) s: \(what)")
            }
            try await Task.sleep(for: .seconds(max(1, probe.interval)))
        }
    }

    private var what: String {
        if let port = probe.port {
            return probe.path.map { "port \(port) does not answer \($0)" } ?? "port \(port) takes no connection"
        }
        return "the command “\(probe.command.joined(separator: " "))” fails"
    }

    private func works(_ id: String) async throws -> Bool {
        do {
            guard let port = probe.port else {
                return try await engine.execute(probe.command, in: id, directory: directory) == 0
            }
            let details = try await engine.inspectContainer(id)
            guard let address = details.addresses.values.first(where: { !$0.isEmpty }) else { return false }
            return try await answers(address, port)
        } catch let error as DockerError {
            if error.code == .cancelled { throw CancellationError() }
            // Not running yet, or not any more: the container's end is noticed elsewhere.
            return false
        }
    }

    private func answers(_ address: String, _ port: Int) async throws -> Bool {
        let request = HTTPRequest(
            .get, "http://\(address):\(port)\(probe.path ?? "/")", connectTimeout: .seconds(1),
            totalTimeout: .seconds(2))
        do {
            let status = try await http.send(request).status
            return probe.path == nil || (200...399).contains(status)
        } catch {
            guard probe.path == nil else { return false }
            switch error.code {
            case .cancelled: throw CancellationError()
            case .unreachable, .connectTimedOut, .unresolvable: return false
            // It took the connection, and speaks something else than HTTP.
            default: return true
            }
        }
    }
}

public import DockerEngine
public import HTTPClient
public import PipelineLanguage
import Worker

/// Asks whether a container works, by what its pipeline says: a port, a path on it, or a command.
public struct ContainerProbe: Sendable {
    /// What came of asking once, for people.
    public enum Answer: Sendable, Equatable {
        case works(String)
        case waits(String)
    }

    private let probe: Probe
    private let directory: String?
    private let engine: DockerEngine
    private let http: HTTPClient

    /// - Parameter directory: where its command runs; the container's own directory if `nil`.
    public init(_ probe: Probe, directory: String? = nil, engine: DockerEngine, http: HTTPClient) {
        self.probe = probe
        self.directory = directory
        self.engine = engine
        self.http = http
    }

    /// Asks until the container works.
    /// - Throws: `JobFailure` if it does not within the probe's time, `CancellationError`.
    public func wait(for id: String) async throws {
        let deadline = ContinuousClock.now + .seconds(probe.timeout)
        var last = "it does not run"
        while true {
            // The last try has time to say what is wrong.
            let left = max(.seconds(3), deadline - .now)
            do {
                let container = try await engine.inspectContainer(id)
                switch try await ask(container, within: left) {
                case .works: return
                case .waits(let words): last = words
                }
            } catch let error as DockerError {
                if error.code == .cancelled { throw CancellationError() }
                // Not there yet, or not any more: the container's end is noticed elsewhere.
            }
            guard ContinuousClock.now < deadline else {
                throw JobFailure("it did not become ready within \(probe.timeout) s: \(last)")
            }
            try await Task.sleep(for: .seconds(max(1, probe.interval)))
        }
    }

    /// Asks a container that runs, once.
    /// - Parameter left: how long a command may take.
    /// - Throws: `CancellationError`; `DockerError` where that is the cause.
    public func ask(_ container: ContainerDetails, within left: Duration) async throws -> Answer {
        if let port = probe.port { return try await ask(container, port) }
        let words = "the command “\(probe.command.joined(separator: " "))”"
        switch try await exitCode(of: probe.command, in: container.id, within: left) {
        case .exited(0): return .works("\(words) in the container says it is well")
        case .exited(let code): return .waits("\(words) in the container ends with exit code \(code)")
        case .failed(let error): return .waits("\(words) cannot be run in the container: \(error)")
        case .hangs: return .waits("\(words) in the container does not end")
        }
    }

    // MARK: - Commands

    private enum End {
        case exited(Int32)
        /// The container may just have ended; the next look at it tells.
        case failed(DockerError)
        case hangs
    }

    private func exitCode(of command: [String], in id: String, within left: Duration) async throws -> End {
        try await withThrowingTaskGroup(of: End.self, returning: End.self) { group in
            group.addTask {
                do throws(DockerError) {
                    return .exited(try await engine.execute(command, in: id, directory: directory))
                } catch {
                    if error.code == .cancelled { throw error }
                    return .failed(error)
                }
            }
            group.addTask {
                try await Task.sleep(for: left)
                return .hangs
            }
            defer { group.cancelAll() }
            return try await group.next() ?? .hangs
        }
    }

    // MARK: - Ports

    /// Where the container answers for a port: in its own network, and where the host publishes it.
    private static func addresses(_ container: ContainerDetails, _ port: Int) -> [(address: String, isPublished: Bool)]
    {
        let own = container.addresses.values.filter { !$0.isEmpty }.sorted().map { ("\($0):\(port)", false) }
        let published = (container.ports["\(port)/tcp"] ?? []).compactMap { binding -> (String, Bool)? in
            guard let host = binding.port, !binding.address.contains(":") else { return nil }
            let address = binding.address.isEmpty || binding.address == "0.0.0.0" ? "127.0.0.1" : binding.address
            return ("\(address):\(host)", true)
        }
        // In the host's network the host's addresses are its own.
        return own + published + (container.networkMode == "host" ? [("127.0.0.1:\(port)", false)] : [])
    }

    private func ask(_ container: ContainerDetails, _ port: Int) async throws(CancellationError) -> Answer {
        var last = "port \(port) is not reachable from here"
        for (address, isPublished) in Self.addresses(container, port) {
            let target = probe.path.map { $0.hasPrefix("/") ? $0 : "/\($0)" } ?? "/"
            let request = HTTPRequest(
                .get, "http://\(address)\(target)", connectTimeout: .seconds(2), totalTimeout: .seconds(5))
            do {
                let status = try await http.send(request).status
                guard probe.path != nil else { return .works("port \(port) accepts connections") }
                last = "\(target) on port \(port) answers \(status)"
                if (200...399).contains(status) { return .works(last) }
            } catch {
                switch error.code {
                case .cancelled: throw CancellationError()
                case .unreachable, .connectTimedOut, .unresolvable:
                    last = "port \(port) does not accept connections yet"
                case .connectionLost where isPublished:
                    // The engine's proxy takes the connection before anyone listens behind it.
                    last = "port \(port) does not accept connections yet"
                case _ where probe.path == nil:
                    // Whoever listens speaks something else than HTTP; that it does is enough.
                    return .works("port \(port) accepts connections")
                default: last = "\(target) on port \(port): \(error.message)"
                }
            }
        }
        return .waits(last)
    }
}

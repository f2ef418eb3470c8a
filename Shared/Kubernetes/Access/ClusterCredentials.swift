import Contracts
import FoundationEssentials
import HTTPClient

/// The credentials of a cluster as they are now: tokens that run out are had anew.
actor ClusterCredentials {
    private let credential: ClusterAccess.Credential
    /// How long a plugin may take.
    private let limit: Duration
    private var token: (text: String, until: ContinuousClock.Instant)?
    private var identity: HTTPRequest.TLS.Identity?
    /// The plugin is asked once, however many requests wait.
    private var asking: Task<ExecCredential, any Error>?
    private var askedUntil: ContinuousClock.Instant?
    /// How many requests wait for the plugin that is being asked.
    private(set) var waiting = 0

    init(_ credential: ClusterAccess.Credential, limit: Duration = .seconds(30)) {
        self.credential = credential
        self.limit = limit
    }

    func authentication() async throws(KubernetesError) -> HTTPRequest.Authentication? {
        switch credential {
        case .none: return nil
        case .token(let text): return .bearer(text)
        case .basic(let username, let password): return .basic(username: username, password: password)
        case .tokenFile(let path):
            if let token, token.until > .now { return .bearer(token.text) }
            do {
                let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
                let word = text.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
                token = (word, .now + .seconds(60))
                return .bearer(word)
            } catch {
                throw KubernetesError(.credentials, "the token file \(path) cannot be read: \(error)")
            }
        case .exec: return try await plugin().status.token.map { .bearer($0) }
        }
    }

    /// The TLS of the cluster, with the client certificate a plugin gave.
    func identity(_ tls: HTTPRequest.TLS) async throws(KubernetesError) -> HTTPRequest.TLS {
        guard case .exec = credential else { return tls }
        var tls = tls
        let status = try await plugin().status
        if let certificate = status.clientCertificateData, let key = status.clientKeyData {
            tls.identity = .init(certificate: .text(certificate), key: .text(key))
        }
        return tls
    }

    /// Lets go of what was read.
    /// - Returns: Whether there is a chance that another reading gives something else.
    func forget() -> Bool {
        token = nil
        asking = nil
        switch credential {
        case .tokenFile, .exec: return true
        case .none, .token, .basic: return false
        }
    }

    private func plugin() async throws(KubernetesError) -> ExecCredential {
        guard case .exec(let exec, let directory) = credential else {
            throw KubernetesError(.credentials, "no plugin is configured")
        }
        if let askedUntil, askedUntil <= .now { asking = nil }
        let limit = limit
        let task = asking ?? Task { try await ExecCredential.ask(exec, directory: directory, limit: limit) }
        asking = task
        waiting += 1
        do {
            let answer = try await Self.value(of: task)
            waiting -= 1
            askedUntil = answer.status.expirationTimestamp.map { moment in
                // A little before it runs out.
                .now + .milliseconds(moment.milliseconds - Timestamp.now.milliseconds) - .seconds(10)
            }
            return answer
        } catch {
            waiting -= 1
            // Nobody waits for it any more: the plugin ends with those who asked.
            if waiting == 0 { task.cancel() }
            if !(error is CancellationError) || waiting == 0 { asking = nil }
            throw error as? KubernetesError ?? KubernetesError(.credentials, "the plugin was not waited for: \(error)")
        }
    }

    /// The value of a task that others may wait for as well: a waiter that is cancelled goes without ending it.
    private static func value<Value: Sendable>(of task: Task<Value, any Error>) async throws -> Value {
        let (results, send) = AsyncThrowingStream.makeStream(of: Value.self)
        Task {
            do {
                send.yield(try await task.value)
                send.finish()
            } catch {
                send.finish(throwing: error)
            }
        }
        for try await value in results { return value }
        throw CancellationError()
    }
}

import Contracts
import FoundationEssentials
import HTTPClient
public import Logging

/// Follows the objects of a collection: a list, then every change of it, however often the watch has to be opened
/// anew.
public struct ObjectWatch<Object: KubernetesObject>: Sendable {
    public enum Change: Sendable {
        /// All there is; what was known before and is not in it is gone.
        case snapshot([Object])
        case changed(Object)
        case deleted(Object)
    }

    private let client: KubernetesClient
    private let path: String
    private let query: [(String, String)]
    private let logger: Logger
    private let interrupted: @Sendable (KubernetesError) async -> Void

    /// - Parameters:
    ///   - path: Of the collection, such as `/api/v1/namespaces/shop/pods`.
    ///   - query: Selectors, such as `labelSelector`.
    ///   - interrupted: Called once when the cluster has not let itself be watched for 5 s; what follows begins with a
    ///     snapshot.
    public init(
        client: KubernetesClient, path: String, query: [(String, String)], logger: Logger,
        interrupted: @escaping @Sendable (KubernetesError) async -> Void = { _ in }
    ) {
        self.client = client
        self.path = path
        self.query = query
        self.logger = logger
        self.interrupted = interrupted
    }

    /// How long a watch may be away before anyone is told.
    private static var unnoticed: Duration { .seconds(5) }
    /// How long a refusal may last: an API server that has just come up does not know its rules yet.
    private static var refusable: Duration { .seconds(10) }

    /// Calls `body` with each change until the task is cancelled.
    /// - Parameter version: Go on after this version; `nil` lists first.
    /// - Throws: ``KubernetesError`` where the cluster refuses; that it is away is waited out.
    public func run(
        from version: String? = nil, _ body: @Sendable (Change) async -> Void
    ) async throws(KubernetesError) {
        var version = version
        var pause = RetryPause(first: .milliseconds(100))
        var failing: (since: ContinuousClock.Instant, isTold: Bool)?
        while !Task.isCancelled {
            do throws(KubernetesError) {
                let from: String
                if let version {
                    from = version
                } else {
                    let list = try await client.get(path, query: query, as: ObjectList<Object>.self)
                    await body(.snapshot(list.items))
                    from = list.metadata.resourceVersion ?? "0"
                    version = from
                }
                let stream = try await open(from)
                failing = nil
                let opened = ContinuousClock.now
                try await follow(stream, &version, body)
                // One that ends as soon as it is opened is not opened again at once.
                if opened.duration(to: .now) < .seconds(1) { throw KubernetesError(.unavailable, "the watch ended") }
                pause.reset()
            } catch {
                if Task.isCancelled { return }
                let since = failing?.since ?? .now
                failing = (since, failing?.isTold ?? false)
                switch error.code {
                case .gone:
                    // The server has forgotten what came after our version.
                    version = nil
                    continue
                case .unavailable, .malformed, .credentials: break
                case .forbidden, .unauthorized:
                    if since.duration(to: .now) >= Self.refusable { throw error }
                default: throw error
                }
                logger.debug("watch broke off, it is opened again", metadata: ["error": "\(error)"])
                if failing?.isTold == false, since.duration(to: .now) >= Self.unnoticed {
                    failing?.isTold = true
                    // Told anew when it is back.
                    version = nil
                    await interrupted(error)
                }
                await sleep(pause.pause(after: error))
            }
        }
    }

    private func open(_ from: String) async throws(KubernetesError) -> HTTPBody {
        let options = [
            ("watch", "1"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "300"), ("resourceVersion", from),
        ]
        return try await client.watch(path, query: query + options)
    }

    private func follow(
        _ stream: HTTPBody, _ version: inout String?, _ body: @Sendable (Change) async -> Void
    ) async throws(KubernetesError) {
        var lines = LineSplitter()
        do {
            for try await bytes in stream {
                for line in try lines.feed(bytes) {
                    guard let change = try event(line, &version) else { continue }
                    await body(change)
                }
            }
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.unavailable, "\(error)")
        }
    }

    private func event(_ line: [UInt8], _ version: inout String?) throws(KubernetesError) -> Change? {
        do {
            let data = Data(line)
            let type = try Wire.decode(EventType.self, from: data).type
            if type == "ERROR" {
                let status = try Wire.decode(Envelope<StatusObject>.self, from: data).object
                throw KubernetesError(
                    status.code == 410 ? .gone : .unavailable, status.message ?? "the watch ended with an error")
            }
            if type == "BOOKMARK" {
                version = try Wire.decode(Envelope<NamedObject>.self, from: data).object.metadata.resourceVersion
                return nil
            }
            let object = try Wire.decode(Envelope<Object>.self, from: data).object
            version = object.metadata.resourceVersion ?? version
            return type == "DELETED" ? .deleted(object) : .changed(object)
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.malformed, "an event of a watch is not understood: \(error)")
        }
    }

    private struct EventType: Decodable {
        var type: String
    }

    private struct Envelope<Content: Decodable>: Decodable {
        var object: Content
    }

    private func sleep(_ duration: Duration) async {
        do {
            try await Task.sleep(for: duration)
        } catch {
            // Cancelled: the loop ends.
        }
    }
}

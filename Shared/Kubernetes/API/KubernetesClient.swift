public import Contracts
import FoundationEssentials
public import HTTPClient
public import Logging
import Text

/// Speaks with the API server of one cluster.
public struct KubernetesClient: Sendable {
    public let access: ClusterAccess
    private let http: HTTPClient
    private let logger: Logger
    private let credentials: ClusterCredentials

    public init(access: ClusterAccess, http: HTTPClient, logger: Logger) {
        self.access = access
        self.http = http
        self.logger = logger
        credentials = ClusterCredentials(access.credential)
    }

    /// Fetches the credentials, so that a plugin that takes its time or fails does so here and not in a request.
    /// - Throws: ``KubernetesError`` `credentials` with what the plugin said.
    public func signIn() async throws(KubernetesError) {
        _ = try await credentials.authentication()
    }

    /// Reads an object or a list.
    /// - Parameters:
    ///   - path: below the server's address, encoded, such as `/api/v1/namespaces/shop/pods`.
    ///   - query: its names and values, not encoded.
    ///   - limit: how long it may take.
    ///   - type: what the answer is decoded as.
    /// - Throws: ``KubernetesError``: `notFound`, and whatever else keeps the server from answering.
    public func get<Value: Decodable>(
        _ path: String, query: [(String, String)] = [], within limit: Duration = Self.limit,
        as type: Value.Type = Value.self
    ) async throws(KubernetesError) -> Value {
        try decode(try await send(.get, path, query: query, within: limit), type)
    }

    /// Changes an object by a strategic merge patch.
    /// - Parameters:
    ///   - path: the object's.
    ///   - patch: what changes; with a `resourceVersion` only where the object is still that one.
    ///   - dryRun: whether the server only says what would come of it.
    ///   - limit: how long it may take.
    ///   - type: what the changed object is decoded as.
    /// - Throws: ``KubernetesError``: `notFound`, `conflict` where somebody else has changed it.
    public func patch<Value: Decodable>(
        _ path: String, _ patch: JSONValue, dryRun: Bool, within limit: Duration = Self.limit,
        as type: Value.Type = Value.self
    ) async throws(KubernetesError) -> Value {
        var query = [("fieldManager", Self.fieldManager)]
        if dryRun { query.append(("dryRun", "All")) }
        return try decode(
            try await send(
                .patch, path, query: query, contentType: "application/strategic-merge-patch+json",
                body: Self.encode(patch), within: limit), type)
    }

    /// Makes an object.
    /// - Parameters:
    ///   - path: of the collection it goes into.
    ///   - object: all of it.
    ///   - type: what the object, as the server has it then, is decoded as.
    /// - Throws: ``KubernetesError``: `conflict` where there is one of that name.
    public func create<Value: Decodable>(
        _ path: String, _ object: JSONValue, as type: Value.Type = Value.self
    ) async throws(KubernetesError) -> Value {
        try decode(
            try await send(.post, path, query: [], contentType: "application/json", body: Self.encode(object)), type)
    }

    /// Deletes an object if it is still the one with this uid, not another that took its name.
    /// - Throws: ``KubernetesError``: `notFound`, `conflict` where it is another one.
    public func delete(_ path: String, uid: String?) async throws(KubernetesError) {
        var options: [String: JSONValue] = ["apiVersion": "v1", "kind": "DeleteOptions"]
        if let uid { options["preconditions"] = .object(["uid": .string(uid)]) }
        _ = try await send(
            .delete, path, query: [], contentType: "application/json", body: Self.encode(.object(options)))
    }

    /// The end of a text, such as a pod's log.
    /// - Throws: ``KubernetesError``: `notFound`, and whatever else keeps the server from answering.
    public func text(_ path: String, query: [(String, String)]) async throws(KubernetesError) -> String {
        String(decoding: try await send(.get, path, query: query), as: UTF8.self)
    }

    /// Opens a watch: the body gives JSON events, one a line, until the server ends it.
    func watch(_ path: String, query: [(String, String)]) async throws(KubernetesError) -> HTTPBody {
        // Bookmarks come about every minute, so silence for longer than two is a dead connection.
        let response = try await open(.get, path, query: query, idleTimeout: .seconds(150), totalTimeout: nil)
        guard response.isSuccess else { throw await failure(response, .get, path) }
        return response.body
    }

    /// As whom changes are made.
    public static let fieldManager = "slipway"
    private static let bodyLimit = 64 << 20
    /// How long a request may take.
    public static let limit = Duration.seconds(60)

    private func send(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)], contentType: String? = nil,
        body: [UInt8]? = nil, within limit: Duration = Self.limit
    ) async throws(KubernetesError) -> [UInt8] {
        let response = try await open(
            method, path, query: query, contentType: contentType, body: body, idleTimeout: .seconds(30),
            totalTimeout: limit)
        guard response.isSuccess else { throw await failure(response, method, path) }
        do {
            return try await response.body.collect(upTo: Self.bodyLimit)
        } catch {
            throw KubernetesError(.unavailable, "the answer of \(access.server) broke off: \(error)")
        }
    }

    private func open(
        _ method: HTTPRequest.Method, _ path: String, query: [(String, String)], contentType: String? = nil,
        body: [UInt8]? = nil, idleTimeout: Duration, totalTimeout: Duration?
    ) async throws(KubernetesError) -> HTTPResponse {
        for attempt in 1...2 {
            var request = HTTPRequest(
                method, PercentCoding.address(access.server + path, query: query),
                headers: ["Accept": "application/json"], tls: try await credentials.identity(access.tls),
                connectTimeout: .seconds(10),
                totalTimeout: totalTimeout, idleTimeout: idleTimeout)
            request.authentication = try await credentials.authentication()
            if let body { request.body = .bytes(body) }
            if let contentType { request.headers["Content-Type"] = contentType }
            let response: HTTPResponse
            do {
                response = try await http.send(request)
            } catch {
                throw KubernetesError(
                    Self.code(of: error), "the cluster's API server \(access.server) did not answer: \(error)")
            }
            // A token may have run out since it was read: ask for another, once.
            if response.status == 401, attempt == 1, await credentials.forget() { continue }
            return response
        }
        throw KubernetesError(.unauthorized, "the cluster does not accept the credentials of its kubeconfig")
    }

    /// A server that goes down ends a handshake or a stream of HTTP/2 half way: only what another try cannot mend is a
    /// matter of the kubeconfig.
    private static func code(of error: HTTPClientError) -> KubernetesError.Code {
        switch error.code {
        case .invalidRequest, .untrusted, .tooManyRedirects, .tooLarge, .requestBody: .configuration
        default: .unavailable
        }
    }

    private func failure(_ response: HTTPResponse, _ method: HTTPRequest.Method, _ path: String) async
        -> KubernetesError
    {
        var text = ""
        do {
            let body = try await response.body.collect(upTo: 1 << 20)
            // What stands before a cluster answers in words of its own.
            if let status = try? Wire.decode(StatusObject.self, from: Data(body)), let message = status.message {
                text = message
            } else {
                text = UTF8Boundary.prefix(body, bytes: 300)
            }
        } catch {
            logger.debug("no reason given", metadata: ["error": "\(error)"])
        }
        if text.isEmpty { text = "\(method) \(path) answered \(response.status)" }
        switch response.status {
        case 401: return KubernetesError(.unauthorized, "the cluster does not accept the credentials: \(text)")
        case 403: return KubernetesError(.forbidden, text)
        case 404: return KubernetesError(.notFound, text)
        case 409: return KubernetesError(.conflict, text)
        case 410: return KubernetesError(.gone, text)
        case 429, 500...599:
            let now = Int64(Date.now.timeIntervalSince1970)
            return KubernetesError(.unavailable, text, retryAfter: response.headers.retryAfter(now: now))
        default: return KubernetesError(.invalid, text)
        }
    }

    private func decode<Value: Decodable>(_ body: [UInt8], _ type: Value.Type) throws(KubernetesError) -> Value {
        do {
            return try Wire.decode(type, from: Data(body))
        } catch {
            throw KubernetesError(.malformed, "an answer of \(access.server) is not understood: \(error)")
        }
    }

    private static func encode(_ object: JSONValue) throws(KubernetesError) -> [UInt8] {
        do {
            return Array(try Wire.encode(object))
        } catch {
            throw KubernetesError(.malformed, "the request cannot be written: \(error)")
        }
    }
}

import FoundationEssentials
import HTTPClient
import Text

extension DockerEngine {
    /// One call of the Engine API.
    struct Call: Sendable {
        var method: HTTPRequest.Method
        /// Without the version, percent-encoded.
        var path: String
        /// What it is about, for messages.
        var subject: String
        var query: [(String, String)] = []
        var headers: HTTPHeaders = [:]
        var body: HTTPRequest.Body = .none
        var versioned = true
        /// For the whole call; `nil` for one that lasts as long as what it watches.
        var timeout: Duration? = .seconds(120)
        /// Statuses besides 2xx that are fine.
        var alsoFine: Set<Int> = []

        init(_ method: HTTPRequest.Method, _ path: String, _ subject: String, query: [(String, String)] = []) {
            self.method = method
            self.path = path
            self.subject = subject
            self.query = query
        }

        /// The same call with a JSON document as its body.
        func with(json value: some Encodable) throws(DockerError) -> Call {
            var call = self
            do {
                call.body = .bytes(Array(try EngineDocument.encode(value)))
            } catch {
                throw DockerError(.badRequest, "\(subject): the request cannot be written as JSON", cause: error)
            }
            call.headers["Content-Type"] = "application/json"
            return call
        }
    }

    /// Sends a call and returns once the head of the answer is there.
    /// - Throws: The error of a status that is not fine, with the engine's own words.
    func send(_ call: Call) async throws(DockerError) -> HTTPResponse {
        let url = PercentCoding.address(
            "http://docker" + (call.versioned ? "/v\(version)" : "") + call.path, query: call.query)
        let request = HTTPRequest(
            call.method, url, headers: call.headers, body: call.body, socketPath: socketPath,
            totalTimeout: call.timeout, idleTimeout: nil)
        let response: HTTPResponse
        do {
            response = try await client.send(request)
        } catch {
            throw DockerError(error, call.subject, engine: socketPath)
        }
        guard !response.isSuccess, !call.alsoFine.contains(response.status) else { return response }
        let bytes = try await collect(response, call)
        // What stands before an engine, or is none, answers in words of its own.
        let words =
            (try? EngineDocument.decode(EngineProblem.self, from: bytes))?.message
            ?? UTF8Boundary.prefix(bytes, bytes: 500)
        throw DockerError(DockerError.Code(status: response.status), "\(call.subject): \(words)")
    }

    func collect(_ response: HTTPResponse, _ call: Call) async throws(DockerError) -> [UInt8] {
        do {
            return try await response.body.collect(upTo: 16 << 20)
        } catch {
            throw DockerError(error, call.subject, engine: socketPath)
        }
    }

    /// Sends a call whose answer is not looked at.
    func perform(_ call: Call) async throws(DockerError) {
        _ = try await collect(try await send(call), call)
    }

    /// Sends a call whose answer is a JSON document.
    func fetch<Value: Decodable & Sendable>(
        _ type: Value.Type = Value.self, _ call: Call
    ) async throws(DockerError) -> Value {
        let bytes = try await collect(try await send(call), call)
        do {
            return try EngineDocument.decode(type, from: bytes)
        } catch {
            throw DockerError(
                .protocolViolation, "\(call.subject): the engine's answer is not what its API says", cause: error)
        }
    }

    static func encode(_ value: some Encodable) throws(DockerError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(value)
        } catch {
            throw DockerError(.badRequest, "the request cannot be written as JSON", cause: error)
        }
    }

    /// The `filters` of a list call: only what carries all of these labels.
    static func labelFilter(_ labels: [String: String]) throws(DockerError) -> (String, String) {
        let values = labels.sorted { $0.key < $1.key }.map { $0.value.isEmpty ? $0.key : "\($0.key)=\($0.value)" }
        return ("filters", String(decoding: try encode(["label": values]), as: UTF8.self))
    }
}

/// The body of the engine's 4xx and 5xx answers.
private struct EngineProblem: Decodable {
    var message: String
}

extension DockerError.Code {
    init(status: Int) {
        switch status {
        case 400, 405, 406, 415: self = .badRequest
        case 401, 403: self = .unauthorized
        case 404: self = .notFound
        case 409: self = .conflict
        default: self = .engine
        }
    }
}

extension DockerError {
    /// A transport's failure in the words of this library.
    init(_ error: HTTPClientError, _ subject: String, engine socketPath: String) {
        switch error.code {
        case .cancelled: self.init(.cancelled, "\(subject): cancelled", cause: error)
        case .requestBody:
            if let own = error.cause as? DockerError {
                self = own
            } else {
                self.init(.context, "\(subject): the build context cannot be read", cause: error.cause ?? error)
            }
        case .unreachable, .connectTimedOut:
            self.init(.unreachable, "the Docker Engine at \(socketPath) does not answer", cause: error)
        case .connectionLost, .shutDown, .idleTimedOut, .totalTimedOut:
            self.init(.unreachable, "\(subject): the connection to the Docker Engine was lost", cause: error)
        default: self.init(.protocolViolation, subject, cause: error)
        }
    }
}

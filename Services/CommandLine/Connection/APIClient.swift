import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import Text

/// The platform's API, typed.
struct APIClient: Sendable {
    let account: Account
    private let http: HTTPClient

    init(account: Account) {
        self.account = account
        http = HTTPClient(logger: Logger(label: "slipway", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    func shutdown() async { await http.shutdown() }

    /// Calls a path of the API; `values` are those of its parameters, in their order.
    func get<Answer: Decodable>(
        _ path: APIPath, _ values: [String] = [], query: [(String, String?)] = []
    ) async throws -> Answer {
        try await decode(exchange(.get, path, values, query: query))
    }

    func post<Answer: Decodable>(
        _ path: APIPath, _ values: [String] = [], body: (any Encodable & Sendable)? = nil
    ) async throws -> Answer {
        try await decode(exchange(.post, path, values, body: body))
    }

    func post(_ path: APIPath, _ values: [String] = [], body: (any Encodable & Sendable)? = nil) async throws {
        _ = try await exchange(.post, path, values, body: body)
    }

    func put<Answer: Decodable>(
        _ path: APIPath, _ values: [String] = [], body: any Encodable & Sendable
    ) async throws -> Answer {
        try await decode(exchange(.put, path, values, body: body))
    }

    func put(_ path: APIPath, _ values: [String] = [], body: any Encodable & Sendable) async throws {
        _ = try await exchange(.put, path, values, body: body)
    }

    func put(_ path: APIPath, _ values: [String] = []) async throws {
        _ = try await exchange(.put, path, values)
    }

    func delete(_ path: APIPath, _ values: [String] = [], query: [(String, String?)] = []) async throws {
        _ = try await exchange(.delete, path, values, query: query)
    }

    /// The body of a good answer as it comes in.
    func stream(
        _ path: APIPath, _ values: [String] = [], query: [(String, String?)] = [], accept: String
    ) async throws -> HTTPBody {
        var request = request(.get, path, values, query: query)
        request.headers.add("Accept", accept)
        return try await open(request).body
    }

    private func exchange(
        _ method: HTTPRequest.Method, _ path: APIPath, _ values: [String], query: [(String, String?)] = [],
        body: (any Encodable & Sendable)? = nil
    ) async throws -> [UInt8] {
        var request = request(method, path, values, query: query)
        request.headers.add("Accept", "application/json")
        request.totalTimeout = .seconds(60)
        if let body {
            request.headers.add("Content-Type", "application/json")
            request.body = .bytes(Array(try Wire.encode(body)))
        }
        let answer = try await open(request)
        return try await answer.body.collect(upTo: 64 << 20)
    }

    private func request(
        _ method: HTTPRequest.Method, _ path: APIPath, _ values: [String], query: [(String, String?)]
    ) -> HTTPRequest {
        var request = HTTPRequest(method, PercentCoding.address(account.server + path.path(values), query: query))
        request.tls = account.authority.map { HTTPRequest.TLS(authorities: .file($0)) }
        if let token = account.token { request.authentication = .bearer(token) }
        return request
    }

    /// Sends and turns every answer but a good one into an error that says what to do.
    private func open(_ request: HTTPRequest) async throws -> HTTPResponse {
        let response: HTTPResponse
        do {
            response = try await http.send(request)
        } catch {
            if Task.isCancelled { throw CancellationError() }
            if error.code == .untrusted {
                throw CommandError(
                    "the certificate of \(account.server) is not trusted: \(error.message)",
                    remedy: "name the authority that signed it: slipway login \(account.server) --ca-file FILE, or "
                        + "SLIPWAY_CA_FILE")
            }
            throw CommandError(
                "\(account.server) does not answer: \(error.message)",
                remedy: "check the address and that the platform runs (`slipway up` starts one here)")
        }
        guard (200..<300).contains(response.status) else {
            let body = try await response.body.collect(upTo: 1 << 20)
            throw refusal(status: response.status, body: body)
        }
        return response
    }

    private func refusal(status: Int, body: [UInt8]) -> CommandError {
        if status == 401 {
            let remedy = "sign in with `slipway login \(account.server)`, or set SLIPWAY_TOKEN"
            return account.token == nil
                ? CommandError("\(account.server) wants a token and none is known", remedy: remedy)
                : CommandError("\(account.server) does not accept the token", remedy: remedy)
        }
        do {
            return CommandError(try Wire.decode(Problem.self, from: Data(body)))
        } catch {
            return CommandError(
                "\(account.server) answered \(status) without a reason", remedy: "is this a Slipway platform?")
        }
    }

    private func decode<Answer: Decodable>(_ body: [UInt8]) throws -> Answer {
        do {
            return try Wire.decode(Answer.self, from: Data(body))
        } catch {
            throw CommandError(
                "\(account.server) answered something else than expected: \(error)",
                remedy: "is this a Slipway platform of the same version as this command?")
        }
    }
}

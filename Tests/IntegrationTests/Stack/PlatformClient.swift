import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import Synchronization
import SystemPackage
import TestSupport

/// What a person or a forge does with Slipway: its JSON API and its hooks, over HTTP.
final class PlatformClient: Sendable {
    private let server: String
    private let gateway: String
    private let tls: HTTPRequest.TLS?
    private let http = HTTPClient(logger: Logger(label: "platform-client"))
    private let token = Mutex("")

    /// - Parameter authority: a PEM file of the one that is trusted; the system's if absent.
    init(server: String, gateway: String, authority: String? = nil) {
        self.server = server
        self.gateway = gateway
        tls = authority.map { HTTPRequest.TLS(authorities: .file($0)) }
    }

    func signIn(token text: String) { token.withLock { $0 = text } }

    /// An answer of the API, whatever its status.
    struct Answer: Sendable {
        var status: Int
        var body: [UInt8]
        var text: String { String(decoding: body, as: UTF8.self) }

        func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws -> Value {
            guard (200...299).contains(status) else { throw TestFailure("\(status): \(text)") }
            return try Wire.decode(type, from: Data(body))
        }
    }

    func send(_ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil) async throws -> Answer {
        var request = HTTPRequest(method, "\(server)/api/v1/\(path)")
        request.authentication = .bearer(token.withLock { $0 })
        if let body {
            request.body = .bytes(body)
            request.headers.add("content-type", "application/json")
        }
        return try await answer(to: request)
    }

    func send(_ method: HTTPRequest.Method, _ path: String, _ value: some Encodable) async throws -> Answer {
        try await send(method, path, body: Array(try Wire.encode(value)))
    }

    func status(_ url: String, token: String? = nil) async throws -> Int {
        do {
            var request = HTTPRequest(.get, url)
            if let token { request.authentication = .bearer(token) }
            return try await answer(to: request).status
        } catch is HTTPClientError {
            return 0
        }
    }

    /// Signs a browser in with the token.
    /// - Returns: reads a page by its path.
    func browser() async throws -> @Sendable (String) async throws -> String {
        var request = HTTPRequest(.post, "\(server)/api/v1/session")
        request.headers.add("content-type", "application/json")
        request.headers.add("sec-fetch-site", "same-origin")
        request.body = .bytes(Array(try Wire.encode(SessionRequest(token: token.withLock { $0 }))))
        let response = try await http.send(request)
        guard let cookie = response.headers["set-cookie"]?.prefix(while: { $0 != ";" }) else {
            throw TestFailure("no session is begun: \(response.status)")
        }
        return { [self] path in
            var request = HTTPRequest(.get, server + path)
            request.headers.add("cookie", String(cookie))
            let page = try await answer(to: request)
            guard page.status == 200 else { throw TestFailure("\(page.status): \(page.text)") }
            return page.text
        }
    }

    /// Posts to the gateway as a forge does.
    func hook(_ body: [UInt8], headers: [String: String], of forge: Forge = .gitlab) async throws -> Answer {
        var request = HTTPRequest(.post, "\(gateway)\(forge.hookPath)")
        request.headers.add("content-type", "application/json")
        for (name, value) in headers { request.headers.add(name, value) }
        request.body = .bytes(body)
        return try await answer(to: request)
    }

    private func answer(to request: HTTPRequest) async throws -> Answer {
        var request = request
        if request.url.hasPrefix("https:") { request.tls = tls }
        let response = try await http.send(request)
        return Answer(status: response.status, body: try await response.body.collect(upTo: 64 << 20))
    }
}

extension PlatformClient {
    func addRepository(
        _ path: String, cloneURL: String, forge: Forge? = nil, allowsFile: Bool = true
    ) async throws {
        let request = RepositoryRequest(
            cloneURL: cloneURL, forge: forge?.name, defaultBranch: "main", allowsFile: allowsFile)
        _ = try await send(.put, "repositories/\(escaped(path))", request).decode(RepositoryView.self)
    }

    func hookToken(_ path: String) async throws -> String {
        try await send(.get, "repositories/\(escaped(path))/hook").decode(HookView.self).token
    }

    func putComponent(_ name: String, _ document: String) async throws {
        _ = try await send(.put, "components/\(name)", body: Array(document.utf8)).decode(ComponentView.self)
    }

    /// Makes an environment that one repository may roll out to, or gives it other rules.
    func putEnvironment(_ name: String, _ rules: EnvironmentRules) async throws {
        _ = try await send(.put, "environments/\(name)", rules).decode(EnvironmentView.self)
    }

    func associate(_ path: String, _ associations: [AssociationView]) async throws {
        let answer = try await send(.put, "repositories/\(escaped(path))/associations", associations)
        guard (200...299).contains(answer.status) else { throw TestFailure("\(answer.status): \(answer.text)") }
    }

    func runs(_ path: String) async throws -> [RunSummary] {
        try await send(.get, "runs?repository=\(escaped(path))&limit=100").decode(Page<RunSummary>.self).items
    }

    func run(_ id: RunID) async throws -> RunView {
        try await send(.get, "runs/\(id)").decode()
    }

    /// A step's log, as long as the step says it is: the end of a step and its last lines come by two ways.
    func log(_ run: RunID, _ step: Int) async throws -> String {
        var text = ""
        try await eventually(within: .seconds(60), every: .milliseconds(50), "the whole log of step \(step)") {
            let known = try await self.run(run).stages.flatMap(\.steps).first { $0.id == step }
            // What its worker told at the end; logs have a connection of their own, which may come back after that.
            let said = known?.logLength ?? known?.logBytes ?? 0
            let answer = try await send(.get, "runs/\(run)/steps/\(step)/log")
            guard answer.status == 200 else { throw TestFailure("\(answer.status): \(answer.text)") }
            text = answer.text
            return text.utf8.count >= said
        }
        return text
    }

    func logTimes(_ run: RunID, _ step: Int) async throws -> LogTimes {
        try await send(.get, "runs/\(run)/steps/\(step)/times").decode()
    }

    /// Starts a run by hand and waits for its end.
    func finishedRun(_ request: RunRequest, within limit: Duration = .seconds(60)) async throws -> RunView {
        let started: RunView = try await send(.post, "runs", request).decode()
        var view = started
        try await eventually(within: limit, every: .milliseconds(100), "the run \(started.summary.id) ends") {
            view = try await run(started.summary.id)
            return view.summary.state.isFinal
        }
        return view
    }

    /// Waits for the newest run of a commit to end.
    func finishedRun(
        _ path: String, commit: String, within limit: Duration = .seconds(60)
    ) async throws -> RunView {
        var found: RunView?
        do {
            try await eventually(within: limit, every: .milliseconds(100), "the run of \(commit.prefix(8)) ends") {
                guard let summary = try await runs(path).first(where: { $0.commit?.sha == commit }) else {
                    return false
                }
                let view = try await run(summary.id)
                found = view
                return view.summary.state.isFinal
            }
        } catch {
            throw TestFailure("\(error); \(String(describing: found))")
        }
        guard let found else { throw TestFailure("no run of \(commit)") }
        return found
    }

    private func escaped(_ path: String) -> String { path.replacing("/", with: "%2F") }
}

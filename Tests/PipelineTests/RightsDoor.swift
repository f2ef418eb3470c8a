import Contracts
import HTTPTypes
import Hummingbird
import Messaging

@testable import Pipeline

/// The ways by which one operation is reached: the operations layer, the API, and a page where there is one.
struct RightsDoor: Sendable {
    struct Exchange: Sendable {
        let method: HTTPRequest.Method
        /// As the router has it.
        let route: String
        let path: String
        let body: String?

        /// The method and the route.
        var name: String { "\(method.rawValue) \(route)" }
    }

    /// What the door leads to.
    enum Kind: Sendable {
        /// Something that is refused to those who see it and may not, and is not there for others.
        case one
        /// The same, tried with a run that is over: what follows it ends.
        case ended
        /// Something of the platform that is there for those alone whose repositories it is for: `shop/web`.
        case shared
        /// Something that is not there for whoever may not do it.
        case hidden
        /// A list for everybody, which says this for whoever may do the operation alone.
        case list(String, page: String)
        /// A page for everybody who sees `shop/web`, which says this for whoever may do the operation alone.
        case part(String)
    }

    typealias Call = @Sendable (RightsScene, Principal) async throws -> any Sendable

    let operation: Operation
    let kind: Kind
    /// Where the role is needed, where that is not in the repository.
    let place: Operation.Place
    let call: Call?
    let api: Exchange?
    let page: Exchange?
    /// What is typed behind `slipway`.
    var command: [String]?
    /// Whether something else is looked at as well, so that another check refuses the same people.
    var looksFirst = false

    init(
        _ operation: Operation, _ kind: Kind = .one, at place: Operation.Place? = nil, api: Exchange? = nil,
        page: Exchange? = nil, _ call: Call? = nil
    ) {
        self.operation = operation
        self.kind = kind
        self.place = place ?? operation.rule.place
        self.call = call
        self.api = api
        self.page = page
    }

    /// The same, where something else is looked at as well.
    var lookingFirst: RightsDoor {
        var door = self
        door.looksFirst = true
        return door
    }

    // MARK: - Of the API

    static func get(_ path: APIPath, _ values: [String] = [], query: String? = nil) -> Exchange {
        exchange(.get, path, values, query, nil)
    }
    static func put(_ path: APIPath, _ values: [String], body: String) -> Exchange {
        exchange(.put, path, values, nil, body)
    }
    static func post(_ path: APIPath, _ values: [String] = [], body: String? = nil) -> Exchange {
        exchange(.post, path, values, nil, body)
    }
    static func delete(_ path: APIPath, _ values: [String]) -> Exchange { exchange(.delete, path, values, nil, nil) }

    private static func exchange(
        _ method: HTTPRequest.Method, _ path: APIPath, _ values: [String], _ query: String?, _ body: String?
    ) -> Exchange {
        Exchange(
            method: method, route: "\(APIPath.root)/\(path.rawValue)",
            path: path.path(values) + (query.map { "?\($0)" } ?? ""), body: body)
    }

    // MARK: - Of pages

    static func show(_ page: PagePath, _ values: [String] = [], query: String? = nil) -> Exchange {
        Exchange(
            method: .get, route: page.route.description, path: page.path(values) + (query.map { "?\($0)" } ?? ""),
            body: nil)
    }
    static func submit(_ page: PagePath, _ values: [String] = [], form: String) -> Exchange {
        Exchange(method: .post, route: page.route.description, path: page.path(values), body: form)
    }
}

extension RightsScene {
    /// Stand for what a scene has.
    static let theRun = "the-run"
    static let theDigest = "the-digest"
    static let myName = "my-name"
    static let theFolder = "the-folder"

    /// A text with what they stand for; of a scene with nothing in it, with names of nothing.
    func filled(_ text: String) -> String {
        var text = text.replacing(Self.theRun, with: run.rawValue).replacing(Self.theDigest, with: digest)
            .replacing(Self.myName, with: me).replacing(Self.theFolder, with: platform.directory)
        guard path != Self.path else { return text }
        for (name, absence) in Self.absences { text = text.replacing(name, with: absence) }
        return text
    }
}

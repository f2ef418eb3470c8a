import Contracts
import Hummingbird
import NIOCore
import Text
import WebServer

/// What is known of one request.
struct APIContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection's other end.
    let peer: IPAddress?
    /// Who the request comes from, as far as trusted proxies tell; the connection's other end before that is known.
    var client: Client
    /// Who asks; `nil` before it is known.
    var principal: Principal?

    init(source: Source) {
        coreContext = .init(source: source)
        peer = source.channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        client = Client(address: peer)
    }
}

/// A request of someone who is let in.
struct SignedInContext: ChildRequestContext {
    var coreContext: CoreRequestContextStorage
    let client: Client
    let principal: Principal

    init(context: APIContext) throws {
        guard let principal = context.principal else { throw Access.notSignedIn }
        coreContext = context.coreContext
        client = context.client
        self.principal = principal
    }
}

extension RequestContext {
    /// A part of the path, percent-decoded: a repository's slashes are written `%2F`.
    func part(_ name: String) throws -> String {
        guard let raw = parameters.get(name), let text = PercentCoding.decode(raw) else {
            throw OperationError.invalid("malformed_path", "the path's \(name) is not percent-encoded UTF-8")
        }
        return text
    }

    func repository() throws -> RepositoryPath {
        let path = RepositoryPath(rawValue: try part("repository"))
        if let problem = path.problem { throw OperationError.invalid("malformed_repository", problem) }
        return path
    }

    func run() throws -> RunID { RunID(rawValue: try part("run")) }
}

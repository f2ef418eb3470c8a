import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Secrets

/// What a git client asks for, once its token is verified.
struct MirrorRequest: Equatable {
    enum Service: Equatable { case refs, uploadPack }

    var repository: RepositoryPath
    var service: Service

    /// - Throws: ``MirrorRefusal``: 401 before anything is said about whether a repository exists.
    init(_ request: Request, tokens: MirrorToken, now: Timestamp = .now) throws(MirrorRefusal) {
        guard let (repository, service) = Self.parse(request.uri.path, query: request.uri.query ?? "") else {
            throw .notFound
        }
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer "),
            tokens.verify(String(header.dropFirst("bearer ".count)), for: repository, now: now)
        else { throw .unauthorized }
        self.repository = repository
        self.service = service
    }

    /// The repository and the service of an address; nothing is unescaped, since no repository path needs it.
    static func parse(_ path: String, query: String) -> (RepositoryPath, Service)? {
        let service: Service
        let suffix: String
        if path.hasSuffix(".git/info/refs"), query == "service=git-upload-pack" {
            (service, suffix) = (.refs, ".git/info/refs")
        } else if path.hasSuffix(".git/git-upload-pack"), query.isEmpty {
            (service, suffix) = (.uploadPack, ".git/git-upload-pack")
        } else {
            return nil
        }
        guard path.hasPrefix("/") else { return nil }
        let repository = RepositoryPath(rawValue: String(path.dropFirst().dropLast(suffix.count)))
        return repository.problem == nil ? (repository, service) : nil
    }
}

/// Why nothing is served.
struct MirrorRefusal: Error, Equatable {
    var status: HTTPResponse.Status
    var problem: Problem

    init(_ status: HTTPResponse.Status, _ code: String, _ message: String) {
        self.status = status
        problem = Problem(code: code, message: message)
    }

    static let notFound = MirrorRefusal(
        .notFound, "not_found", "mirrors are fetched with git, and nothing else is here")
    static let unauthorized = MirrorRefusal(
        .unauthorized, "unauthorized", "the token is missing, expired or for another repository")

    var response: Response {
        var headers: HTTPFields = [.contentType: "application/json"]
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer realm=\"slipway\"" }
        do {
            return Response(
                status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: try Wire.encode(problem))))
        } catch {
            return Response(status: status)
        }
    }
}

import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Secrets
import Text

/// What a builder asks for, once its token is verified.
struct MirrorRequest: Equatable {
    enum Service: Equatable {
        /// Git's smart protocol.
        case refs, uploadPack
        /// Git LFS: which files are here, and one of them.
        case largeFiles
        case largeFile(String)
        /// What belongs to a commit beside its own objects.
        case parts(PartsRequest)
    }

    /// Whose token is needed.
    var repository: RepositoryPath
    /// The submodule of it that is asked for; `nil` for the repository itself.
    var module: String?
    var service: Service

    /// - Throws: ``MirrorRefusal``: 401 before anything is said about whether a repository exists.
    init(_ request: Request, tokens: MirrorToken, now: Timestamp = .now) throws(MirrorRefusal) {
        guard let parsed = Self.parse(request.uri.path, query: request.uri.query ?? "") else { throw .notFound }
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer "),
            tokens.verify(String(header.dropFirst("bearer ".count)), for: parsed.repository, now: now)
        else { throw .unauthorized }
        self = parsed
    }

    init(repository: RepositoryPath, module: String? = nil, service: Service) {
        self.repository = repository
        self.module = module
        self.service = service
    }

    /// The request of an address: `/<path>.git/<service>` or `/<path>.git/modules/<name>.git/<service>`. Nothing is
    /// unescaped, since neither a repository's path nor a module's name needs it.
    static func parse(_ path: String, query: String) -> MirrorRequest? {
        // No part of a repository's path ends in `.git`.
        guard path.hasPrefix("/"), let end = path.firstRange(of: ".git/") else { return nil }
        let repository = RepositoryPath(rawValue: String(path[..<end.lowerBound].dropFirst()))
        guard repository.problem == nil else { return nil }
        var rest = path[end.upperBound...]
        var module: String?
        if rest.hasPrefix("modules/") {
            rest = rest.dropFirst("modules/".count)
            guard let end = rest.firstRange(of: ".git/"), isDigest(rest[..<end.lowerBound]) else { return nil }
            module = String(rest[..<end.lowerBound])
            rest = rest[end.upperBound...]
        }
        guard let service = service(rest, query: query, repository) else { return nil }
        if case .parts = service, module != nil { return nil }
        return MirrorRequest(repository: repository, module: module, service: service)
    }

    private static func service(_ path: Substring, query: String, _ repository: RepositoryPath) -> Service? {
        switch path {
        case "info/refs": return query == "service=git-upload-pack" ? .refs : nil
        case "parts": return PartsRequest(repository, query: query).map(Service.parts)
        case "git-upload-pack" where query.isEmpty: return .uploadPack
        case "info/lfs/objects/batch" where query.isEmpty: return .largeFiles
        default:
            let folder = "info/lfs/files/"
            guard path.hasPrefix(folder), query.isEmpty, isDigest(path.dropFirst(folder.count)) else { return nil }
            return .largeFile(String(path.dropFirst(folder.count)))
        }
    }

    /// Whether it is a SHA-256 in lower-case hexadecimal digits.
    private static func isDigest(_ text: Substring) -> Bool {
        Hex.isDigits(text, count: 64)
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

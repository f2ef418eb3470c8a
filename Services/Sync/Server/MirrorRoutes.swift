import Contracts
import FoundationEssentials
import Git
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Secrets

/// Git's smart HTTP protocol, read-only: `GET /<path>.git/info/refs?service=git-upload-pack` and
/// `POST /<path>.git/git-upload-pack`, for the mirror of a repository and those of its submodules; and what goes with it.
/// Every request carries a token for that one repository.
struct MirrorRoutes: Sendable {
    let mirrors: Mirrors
    let tokens: MirrorToken
    let parts: PartsFetcher
    let logger: Logger
    let files = FileIO()
    private let advertisements = Advertisements()

    init(mirrors: Mirrors, tokens: MirrorToken, parts: PartsFetcher, logger: Logger) {
        self.mirrors = mirrors
        self.tokens = tokens
        self.parts = parts
        self.logger = logger
    }

    /// Bytes of a request's body, and of what it is inflated to. A fetch names the commits it has: some ten thousand
    /// of them fit.
    static let requestLimit = 1 << 20

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("**") { request, context in
            await answer(request) { wanted in
                switch wanted.service {
                case .refs: try await advertise(request, wanted)
                case .parts(let parts): answerParts(parts)
                case .largeFile(let id): try await sendLargeFile(id, wanted, context)
                case .uploadPack, .largeFiles: throw MirrorRefusal.notFound
                }
            }
        }
        router.post("**") { request, _ in
            await answer(request) { wanted in
                switch wanted.service {
                case .uploadPack: try await upload(request, wanted)
                case .largeFiles: try await tellLargeFiles(request, wanted)
                case .refs, .parts, .largeFile: throw MirrorRefusal.notFound
                }
            }
        }
        return router
    }

    private func answer(
        _ request: Request, _ work: (MirrorRequest) async throws -> Response
    ) async -> Response {
        do {
            return try await work(try MirrorRequest(request, tokens: tokens))
        } catch let refusal as MirrorRefusal {
            logger.notice(
                "fetch refused",
                metadata: ["path": "\(request.uri.path.prefix(300))", "code": "\(refusal.problem.code)"])
            return refusal.response
        } catch {
            logger.error(
                "mirror cannot be served", metadata: ["path": "\(request.uri.path.prefix(300))", "error": "\(error)"])
            return MirrorRefusal(.internalServerError, "failed", "the mirror cannot be served").response
        }
    }

    private func advertise(_ request: Request, _ wanted: MirrorRequest) async throws -> Response {
        let repository = try existing(wanted)
        let body = try await advertisements.of(
            repository, protocolVersion: GitProgram.protocolVersion(request.headers[.gitProtocol]), mirrors.program)
        return Response(
            status: .ok, headers: headers("application/x-git-upload-pack-advertisement"),
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    private func upload(_ request: Request, _ wanted: MirrorRequest) async throws -> Response {
        let repository = try existing(wanted)
        guard request.headers[.contentType] == "application/x-git-upload-pack-request" else {
            throw MirrorRefusal(.unsupportedMediaType, "unsupported_media_type", "this is no request of a git client")
        }
        let body = try await collect(request)
        let version = GitProgram.protocolVersion(request.headers[.gitProtocol])
        let program = mirrors.program
        let logger = logger
        return Response(
            status: .ok, headers: headers("application/x-git-upload-pack-result"),
            body: .init { writer in
                // Written as git makes it, no faster than the builder takes it.
                do {
                    try await program.uploadPack(of: repository, request: body, protocolVersion: version) { piece in
                        try await writer.write(ByteBuffer(bytes: piece))
                    }
                } catch {
                    logger.notice("fetch ended early", metadata: ["path": "\(repository)", "error": "\(error)"])
                    throw error
                }
                try await writer.finish(nil)
            })
    }

    func collect(_ request: Request) async throws -> [UInt8] {
        let body: [UInt8]
        do {
            body = Array(try await request.body.collect(upTo: Self.requestLimit).readableBytesView)
        } catch {
            throw MirrorRefusal(.contentTooLarge, "body_too_large", "\(Self.requestLimit) bytes are taken")
        }
        switch request.headers[.contentEncoding] {
        case nil, "identity": return body
        case "gzip", "x-gzip":
            return try await inflate(body)
        case let encoding?:
            throw MirrorRefusal(
                .unsupportedMediaType, "unsupported_encoding", "“\(encoding.prefix(50))” is not inflated")
        }
    }

    private func inflate(_ body: [UInt8]) async throws -> [UInt8] {
        do {
            return try await GitProgram.inflate(body, limit: Self.requestLimit)
        } catch {
            switch error.code {
            case .tooLarge: throw MirrorRefusal(.contentTooLarge, "body_too_large", error.message)
            case .invalid: throw MirrorRefusal(.badRequest, "malformed_body", error.message)
            default: throw error
            }
        }
    }

    func mirror(_ wanted: MirrorRequest) -> Mirror {
        wanted.module.map { mirrors.mirror(ofModuleNamed: $0, of: wanted.repository) }
            ?? mirrors.mirror(of: wanted.repository)
    }

    private func existing(_ wanted: MirrorRequest) throws -> String {
        let mirror = mirror(wanted)
        guard mirror.exists else {
            throw MirrorRefusal(
                .notFound, "unknown_repository",
                "there is no mirror of \(wanted.module == nil ? "" : "this submodule of ")\(wanted.repository) here; of "
                    + "several sync processes with a folder each, each needs a SLIPWAY_MIRROR_URL that names it alone")
        }
        return mirror.directory
    }

    func headers(_ type: String) -> HTTPFields {
        [.contentType: type, .cacheControl: "no-cache, max-age=0, must-revalidate"]
    }
}

extension HTTPField.Name {
    static let gitProtocol = HTTPField.Name("Git-Protocol") ?? .via
}

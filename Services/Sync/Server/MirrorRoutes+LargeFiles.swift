import Contracts
import FoundationEssentials
import Git
import HTTPTypes
import Hummingbird
import NIOCore

/// Git LFS: `POST /<mirror>.git/info/lfs/objects/batch` and `GET /<mirror>.git/info/lfs/files/<SHA-256>`.
extension MirrorRoutes {
    func tellLargeFiles(_ request: Request, _ wanted: MirrorRequest) async throws -> Response {
        let body = try await collect(request)
        let batch: LargeFileBatch.Request
        do {
            batch = try JSONDecoder().decode(LargeFileBatch.Request.self, from: Data(body))
        } catch {
            throw MirrorRefusal(.unprocessableContent, "malformed_body", "this is no request of git-lfs: \(error)")
        }
        guard batch.operation == "download" else {
            throw MirrorRefusal(.forbidden, "read_only", "files are downloaded from a mirror and not uploaded")
        }
        let reply = LargeFileBatch.reply(
            to: batch, of: mirror(wanted), address: mirrors.url(of: wanted.repository, module: wanted.module))
        return Response(
            status: .ok, headers: headers(LargeFileBatch.contentType),
            body: .init(byteBuffer: ByteBuffer(bytes: try JSONEncoder().encode(reply))))
    }

    func sendLargeFile(
        _ id: String, _ wanted: MirrorRequest, _ context: BasicRequestContext
    ) async throws -> Response {
        guard let file = mirror(wanted).largeFile(id) else {
            throw MirrorRefusal(.notFound, "unknown_file", "the mirror does not have this file")
        }
        return Response(
            status: .ok, headers: headers("application/octet-stream"),
            body: try await files.loadFile(path: file.path, context: context))
    }
}

import Contracts
import Hummingbird
import NIOCore

/// `/api/v1/openapi.json`: what the API is, for programs and those who write them. It is no secret and needs no token.
struct DocumentRoute {
    func add(to group: RouterGroup<APIContext>) {
        group.on(.get, .document) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-cache"],
                body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
        }
    }
}

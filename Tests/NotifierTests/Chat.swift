import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import TestSupport

/// A web server that takes messages and answers as a chat does.
final class Chat: Sendable {
    struct Post: Sendable {
        var path: String
        var headers: HTTPFields
        var body: [UInt8]

        var json: JSONValue {
            get throws { try Wire.decode(JSONValue.self, from: Data(body)) }
        }

        /// A parameter of the address, decoded.
        func parameter(_ name: String) -> String? {
            let query = path.split(separator: "?").dropFirst().first ?? ""
            guard let found = query.split(separator: "&").first(where: { $0.hasPrefix("\(name)=") }) else { return nil }
            let value = String(found.dropFirst(name.count + 1))
            return value.replacing("%2B", with: "+").replacing("%2F", with: "/").replacing("%3D", with: "=")
        }
    }

    private let taken = Mutex<[Post]>([])
    private let answer: Mutex<(HTTPResponse.Status, String)>

    private init(_ status: HTTPResponse.Status, _ text: String) { answer = Mutex((status, text)) }

    var posts: [Post] { taken.withLock { $0 } }

    func answers(_ status: HTTPResponse.Status, _ text: String) { answer.withLock { $0 = (status, text) } }

    static func with(
        _ status: HTTPResponse.Status = .ok, _ text: String = "ok",
        _ body: @Sendable @escaping (Chat, String) async throws -> Void
    ) async throws {
        let chat = Chat(status, text)
        let router = Router(context: PeerContext.self)
        router.post("**") { request, _ in
            let bytes = Array(buffer: try await request.body.collect(upTo: 1 << 20))
            chat.taken.withLock {
                $0.append(Post(path: request.uri.string, headers: request.headers, body: bytes))
            }
            let (status, text) = chat.answer.withLock { $0 }
            return Response(status: status, body: .init(byteBuffer: ByteBuffer(string: text)))
        }
        try await WebServer.with(router) { server in try await body(chat, server.url) }
    }
}

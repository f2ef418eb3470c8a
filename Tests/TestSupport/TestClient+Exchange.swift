import HTTPClient
import Logging

/// Sends one request over a connection and reads its answer.
func exchange(
    _ method: String, _ url: String, _ headers: [(String, String)], _ body: [UInt8]
) async throws -> (status: Int, headers: [(String, String)], body: [UInt8]) {
    let client = HTTPClient(logger: .quiet)
    var request = HTTPRequest(.init(rawValue: method), url)
    for (name, value) in headers { request.headers.add(name, value) }
    if !body.isEmpty { request.body = .bytes(body) }
    let answer: HTTPResponse
    let bytes: [UInt8]
    do {
        answer = try await client.send(request)
        bytes = try await answer.body.collect(upTo: 16 << 20)
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
    return (answer.status, answer.headers.fields.map { ($0.name, $0.value) }, bytes)
}

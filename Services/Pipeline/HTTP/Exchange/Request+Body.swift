import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Request {
    /// The most a body may have, in bytes.
    static let bodyLimit = 2 << 20
    /// The most that is read of someone who is not signed in: a token with what is around it.
    static let strangerLimit = 8 << 10

    /// The body's text, which has to be declared as JSON.
    func jsonText(limit: Int = Self.bodyLimit) async throws -> Data {
        let type = headers[.contentType] ?? ""
        let essence = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        guard essence == "application/json" || essence.hasSuffix("+json") else {
            let found = type.isEmpty ? "no content type" : "“\(type)”"
            throw ProblemAnswer(
                .unsupportedMediaType, "not_json", "the body has \(found); JSON is expected",
                remedy: "send Content-Type: application/json")
        }
        if let length = headers[.contentLength].flatMap(Int.init), length > limit {
            throw NIOTooManyBytesError(maxBytes: limit)
        }
        let buffer = try await body.collect(upTo: limit)
        return Data(buffer.readableBytesView)
    }

    /// The body as a value of the API.
    func json<Value: Decodable>(
        _ type: Value.Type = Value.self, limit: Int = Self.bodyLimit
    ) async throws -> Value {
        let data = try await jsonText(limit: limit)
        do {
            return try Wire.decode(type, from: data)
        } catch let error as WireError {
            throw OperationError.invalid(
                "malformed_body", "the body is not what is expected: \(error)",
                remedy: "it has to be the JSON of a \(type)")
        }
    }

    /// A query parameter as a whole number.
    func integer(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
        guard let text = uri.queryParameters[Substring(name)] else { return standard }
        guard let value = Int(text), range.contains(value) else {
            throw OperationError.invalid(
                "malformed_query",
                "\(name)=\(text) is not a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// The cursor of a page, from an earlier page's `next`.
    func cursor() throws -> Int64? {
        guard let text = uri.queryParameters["before"] else { return nil }
        guard let value = Int64(text) else {
            throw OperationError.invalid("malformed_query", "before=\(text) is not the `next` of a page")
        }
        return value
    }
}

import Hummingbird
import NIOCore

/// The fields of a form, as `application/x-www-form-urlencoded` has them.
struct WebForm: Sendable {
    /// The most a form may have, in bytes: a component's document fits, escaped.
    static let limit = 4 << 20

    private let fields: [String: String]

    init(_ request: Request) async throws {
        let body = try await request.body.collect(upTo: Self.limit)
        self.init(String(buffer: body))
    }

    init(_ text: String) {
        var fields: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = Self.decode(parts.count > 1 ? parts[1] : "") else {
                continue
            }
            fields[name] = value
        }
        self.fields = fields
    }

    /// The field's value; `nil` where it is not there.
    subscript(name: String) -> String? { fields[name] }

    /// The field's value without the spaces around it; `nil` where nothing is left.
    func text(_ name: String) -> String? {
        guard var value = fields[name]?[...] else { return nil }
        while value.first?.isWhitespace == true { value.removeFirst() }
        while value.last?.isWhitespace == true { value.removeLast() }
        return value.isEmpty ? nil : String(value)
    }

    /// The field's words, parted by commas or spaces.
    func words(_ name: String) -> [String] {
        (fields[name] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
    }

    private static func decode(_ text: Substring) -> String? {
        WebPath.decode(String(text.map { $0 == "+" ? " " : $0 }))
    }
}

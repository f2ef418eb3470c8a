import Contracts
import Hummingbird
import NIOCore

/// The fields of a form, as `application/x-www-form-urlencoded` has them.
struct WebForm: Sendable {
    /// The most a form may have, in bytes: a component's document fits, escaped.
    static let limit = 4 << 20

    private let fields: [String: String]

    init(_ request: Request, limit: Int = WebForm.limit) async throws {
        try self.init(String(buffer: try await request.body.collect(upTo: limit)))
    }

    /// - Throws: ``OperationError`` for what is no form.
    init(_ text: String) throws {
        do {
            fields = try URLEncodedFormDecoder().decode([String: String].self, from: text)
        } catch {
            throw OperationError.invalid("malformed_form", "the form cannot be read: \(error)")
        }
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

    /// The role that was chosen; `nil` where none was.
    func role(_ name: String) throws(OperationError) -> Role? {
        guard let word = text(name) else { return nil }
        guard let role = Role(rawValue: word) else {
            throw .invalid(
                "malformed_role", "“\(word)” is no role",
                remedy: "roles are \(Role.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return role
    }

    /// The field's words, parted by commas or spaces.
    func words(_ name: String) -> [String] {
        (fields[name] ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
    }
}

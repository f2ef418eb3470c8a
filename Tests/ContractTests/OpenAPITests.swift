import Contracts
import Foundation
import Testing

/// The API's OpenAPI document beside the types it describes: it is written by hand, and says neither more nor less.
@Suite struct OpenAPITests {
    /// The document as `pipeline` serves it.
    private static let document: JSONValue = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = root.appending(path: "Services/Pipeline/HTTP/API/openapi.json")
        return (try? Wire.decode(JSONValue.self, from: Data(contentsOf: file))) ?? .null
    }()

    /// One value of each type that is a body of the API.
    private static let samples: [any Codable & Sendable] =
        Fixture.documents.map(\.sample) + [
            Page<RepositoryView>(items: []), Page<DiscoveredRepositoryView>(items: []),
            Page<ComponentView>(items: []), Page<EnvironmentView>(items: []), Page<SecretView>(items: []),
            Page<WorkerView>(items: []), Page<PoolView>(items: []), Page<TokenView>(items: []),
            Page<KeyView>(items: []), Page<PersonView>(items: []), Page<SessionView>(items: []),
            Page<AuditView>(items: []), Page<RoleView>(items: []), Page<ScheduleView>(items: []),
            Page<DeadLetterView>(items: []),
        ]

    @Test func `Every schema is one of a type, with its members, and those that may be absent`() throws {
        var comparison = SchemaComparison(schemas: Self.document["components"]?["schemas"] ?? .null)
        for sample in Self.samples { try comparison.compare(sample) }
        #expect(comparison.differences == [])
        #expect(comparison.unseen == [])
    }

    @Test func `Paths are the list's, with a parameter for each part that varies`() throws {
        let paths = try #require(Self.document["paths"]?.members)
        #expect(Set(paths.keys) == Set(APIPath.allCases.map { "/\($0.rawValue)" }))
        for (path, operations) in paths {
            let varying = path.split(separator: "/").filter { $0.first == "{" }.map { $0.dropFirst().dropLast() }
            for (method, operation) in operations.members ?? [:] {
                let parameters = operation["parameters"]?.items ?? []
                let named = parameters.compactMap { $0["$ref"]?.string?.split(separator: "/").last }
                #expect(Set(varying).isSubset(of: named), "\(method) \(path)")
            }
        }
        #expect(Self.document["servers"]?.items?.first?["url"]?.string == APIPath.root)
    }

    @Test func `A path takes its values in order, and whatever is in one stays in its place`() {
        #expect(APIPath.runs.path() == "/api/v1/runs")
        #expect(APIPath.log.path(["01jd", "3"]) == "/api/v1/runs/01jd/steps/3/log")
        #expect(APIPath.repositorySecret.path(["shop/web", "a b"]) == "/api/v1/repositories/shop%2Fweb/secrets/a%20b")
        #expect(APIPath.component.path(["../x?y#z"]) == "/api/v1/components/..%2Fx%3Fy%23z")
    }
}

/// Compares schemas with types, found by reflection: names, optionality, kinds and the cases of enumerations.
private struct SchemaComparison {
    let schemas: JSONValue
    private(set) var differences: Set<String> = []
    private var seen: Set<String> = []

    init(schemas: JSONValue) { self.schemas = schemas }

    /// Schemas that no type was compared with.
    var unseen: Set<String> { Set(schemas.members?.keys.map { $0 } ?? []).subtracting(seen) }

    mutating func compare(_ sample: some Encodable) throws {
        let name = Self.schemaName(of: type(of: sample))
        let schema: JSONValue = ["$ref": .string("#/components/schemas/\(name)")]
        compare(schema, type(of: sample), sample, at: name)
        compare(schema, try Wire.decode(JSONValue.self, from: Wire.encode(sample)), at: name)
    }

    /// `Page<RunSummary>` is `RunPage`, `Page<SecretView>` is `SecretPage`.
    private static func schemaName(of type: Any.Type) -> String {
        let name = "\(type)"
        guard name.hasPrefix("Page<") else { return name }
        return name.dropFirst(5).dropLast().replacing("Summary", with: "").replacing("View", with: "") + "Page"
    }

    private mutating func resolve(_ schema: JSONValue, at path: String) -> JSONValue {
        guard let name = schema["$ref"]?.string?.split(separator: "/").last else { return schema }
        seen.insert(String(name))
        if schemas[String(name)] == nil { differences.insert("\(path): there is no schema \(name)") }
        return schemas[String(name)] ?? .null
    }

    /// - Parameter value: `nil` where there is none to look into.
    private mutating func compare(_ schema: JSONValue, _ type: Any.Type, _ value: Any?, at path: String) {
        let schema = resolve(schema, at: path)
        func expect(_ expected: String) {
            if schema["type"]?.string != expected { differences.insert("\(path): is a \(expected)") }
        }
        switch type {
        case let type as any AnyOptional.Type:
            compare(schema, type.wrapped, value.flatMap { ($0 as? any AnyOptional)?.content }, at: path)
        case is JSONValue.Type:
            if schema["type"] != nil { differences.insert("\(path): is any JSON") }
        case let type as any AnyArray.Type:
            expect("array")
            compare(schema["items"] ?? .null, type.element, (value as? any AnyArray)?.first, at: "\(path)[]")
        case is [String: String].Type:
            expect("object")
            if schema["additionalProperties"] != ["type": "string"] { differences.insert("\(path): is a map of texts") }
        case is [String: RepositoryRules].Type:
            expect("object")
            let one = (value as? [String: RepositoryRules])?.values.first
            compare(schema["additionalProperties"] ?? .null, RepositoryRules.self, one, at: "\(path).*")
        case is Timestamp.Type:
            expect("string")
            if schema["format"] != "date-time" { differences.insert("\(path): is a moment") }
        case is Bool.Type: expect("boolean")
        case is Int.Type, is Int32.Type, is Int64.Type: expect("integer")
        case is String.Type, is any Identifier.Type: expect("string")
        case let type as any CaseIterable.Type:
            expect("string")
            let cases = Self.cases(of: type)
            if Set(schema["enum"]?.items ?? []) != cases { differences.insert("\(path): is one of \(cases)") }
        default:
            if let value { compareMembers(schema, Mirror(reflecting: value), at: path) }
        }
    }

    private mutating func compareMembers(_ schema: JSONValue, _ mirror: Mirror, at path: String) {
        let members = mirror.children.compactMap { child in child.label.map { ($0, child.value) } }
        if mirror.displayStyle == .enum, let (name, content) = members.first {
            // A choice is an object with one member.
            let alternative = schema["oneOf"]?.items?.first { $0["properties"]?[name] != nil }
            if alternative?["required"] != [.string(name)] { differences.insert("\(path): has a choice \(name)") }
            let schema = alternative?["properties"]?[name] ?? .null
            return compare(schema, Swift.type(of: content), content, at: "\(path).\(name)")
        }
        let properties = schema["properties"]?.members ?? [:]
        for name in Set(properties.keys).symmetricDifference(members.map(\.0)) {
            differences.insert("\(path).\(name): is only in one of document and type")
        }
        let required = Set(schema["required"]?.items ?? [])
        for (name, value) in members {
            let hasDefault =
                switch mirror.subjectType {
                // An association without these is one of all events and branches.
                case is AssociationView.Type: name != "component"
                // A list of an environment that is absent is empty.
                case is EnvironmentRules.Type, is PoolRules.Type: name != "repositories"
                case is ContainerAllowances.Type, is RepositoryRules.Type, is SecretRules.Type, is RegistryRules.Type:
                    true
                default: false
                }
            let isOptional = value is any AnyOptional || hasDefault
            if required.contains(.string(name)) == isOptional { differences.insert("\(path).\(name): required or not") }
            compare(properties[name] ?? .null, Swift.type(of: value), value, at: "\(path).\(name)")
        }
    }

    /// What is written has no member that the document lacks.
    private mutating func compare(_ schema: JSONValue, _ json: JSONValue, at path: String) {
        let schema = resolve(schema, at: path)
        switch json {
        case .array(let items): for item in items { compare(schema["items"] ?? .null, item, at: "\(path)[]") }
        case .object(let members):
            guard let properties = schema["properties"]?.members else { return }
            for (name, member) in members {
                if properties[name] == nil { differences.insert("\(path).\(name): is written and not documented") }
                compare(properties[name] ?? .null, member, at: "\(path).\(name)")
            }
        default: break
        }
    }

    private static func cases<Cases: CaseIterable>(of type: Cases.Type) -> Set<JSONValue> {
        Set(type.allCases.compactMap { ($0 as? any RawRepresentable<String>).map { .string($0.rawValue) } })
    }
}

private protocol AnyOptional {
    static var wrapped: Any.Type { get }
    var content: Any? { get }
}

extension Optional: AnyOptional {
    fileprivate static var wrapped: Any.Type { Wrapped.self }
    fileprivate var content: Any? { self }
}

private protocol AnyArray {
    static var element: Any.Type { get }
    var first: Any? { get }
}

extension Array: AnyArray {
    fileprivate static var element: Any.Type { Element.self }
    fileprivate var first: Any? { isEmpty ? nil : self[0] }
}

extension JSONValue {
    fileprivate var items: [JSONValue]? {
        if case .array(let items) = self { items } else { nil }
    }

    fileprivate var members: [String: JSONValue]? {
        if case .object(let members) = self { members } else { nil }
    }
}

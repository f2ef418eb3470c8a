import Contracts
import Foundation
import Testing

@Suite("Every document of the wire is what it was")
struct GoldenTests {
    @Test("is decoded by the consumer and written again to the same bytes", arguments: Fixture.all)
    func roundTrip(_ fixture: Fixture) throws {
        let golden = try fixture.golden()
        #expect(try text(fixture.roundTrip(golden)) == text(golden))
        #expect(try text(fixture.encodedSample()) == text(golden))
        #expect(try fixture.matchesSample(golden))
    }

    @Test("tolerates members it does not know, at every depth", arguments: Fixture.all)
    func unknownMembers(_ fixture: Fixture) throws {
        // An object of one member is how a choice is written: another member there is another choice.
        guard !fixture.name.hasSuffix("-choice") else { return }
        let widened = try Wire.encode(Wire.decode(JSONValue.self, from: fixture.golden()).widened())
        #expect(throws: Never.self) { try fixture.decode(widened) }
    }

    /// A change says what is to change and nothing else, and some requests have either of two.
    private static let withoutRequired: Set = [
        "SecretRequest", "RegistryRequest", "PersonChange", "SessionRequest", "RetentionRules",
    ]

    @Test("names what is missing and where", arguments: Fixture.all)
    func missingMembers(_ fixture: Fixture) throws {
        let document = try Wire.decode(JSONValue.self, from: fixture.golden())
        var required = 0
        for path in document.memberPaths() {
            let data = try Wire.encode(document.removing(path[...]))
            do {
                try fixture.decode(data)
            } catch let error as WireError {
                required += 1
                let description = error.description
                for key in path.dropLast() where Int(key) == nil {
                    #expect(description.contains(key), "\(path): \(description)")
                }
                if let last = path.last, !fixture.name.hasSuffix("-choice") {
                    #expect(error.problem.contains("“\(last)”"), "\(path): \(description)")
                }
            }
        }
        #expect((required > 0) == !Self.withoutRequired.contains(fixture.name))
    }

    @Test("answers broken JSON with an error", arguments: Fixture.all)
    func broken(_ fixture: Fixture) throws {
        let golden = try fixture.golden()
        for data in [Data(), golden.prefix(golden.count / 2), Data("[]".utf8), Data("\u{0}".utf8)] {
            #expect(throws: WireError.self) { try fixture.decode(data) }
        }
    }

    private func text(_ data: Data) -> String { String(decoding: data, as: UTF8.self) }
}

extension JSONValue {
    /// The same with a member nobody knows in every object of a declared shape. Maps (whose keys are data) stay.
    func widened() -> JSONValue {
        switch self {
        case .array(let values): .array(values.map { $0.widened() })
        case .object(let members):
            .object(
                members.mapValues { $0.widened() }
                    .merging(members.isMap ? [:] : ["addedLater": ["deep": [1, "two"]]]) { known, _ in known })
        default: self
        }
    }

    /// The paths of all members of all objects.
    func memberPaths() -> [[String]] {
        switch self {
        case .array(let values):
            values.enumerated().flatMap { index, value in value.memberPaths().map { ["\(index)"] + $0 } }
        case .object(let members):
            members.keys.sorted().flatMap { key in
                [[key]] + (members[key] ?? .null).memberPaths().map { [key] + $0 }
            }
        default: []
        }
    }

    func removing(_ path: ArraySlice<String>) -> JSONValue {
        guard let first = path.first else { return self }
        switch self {
        case .array(var values):
            guard let index = Int(first) else { return self }
            values[index] = values[index].removing(path.dropFirst())
            return .array(values)
        case .object(var members):
            members[first] = path.count == 1 ? nil : members[first]?.removing(path.dropFirst())
            return .object(members)
        default:
            return self
        }
    }
}

extension [String: JSONValue] {
    /// Samples name the keys of their maps in capitals or with `map-`, so that the tests can tell data from shape.
    fileprivate var isMap: Bool {
        keys.allSatisfy { $0.hasPrefix("map-") || $0.allSatisfy { !$0.isLowercase } }
    }
}

import Contracts
import Foundation
import Testing

/// One document of the wire: its golden JSON on disk, and the value both sides hold it for.
struct Fixture: Sendable, CustomTestStringConvertible {
    let name: String
    let sample: any Codable & Sendable
    /// The JSON on disk.
    let golden: @Sendable () throws -> Data
    /// Decodes as the consumer does.
    let decode: @Sendable (Data) throws -> Void
    /// Decodes as the consumer does and encodes again as the producer does.
    let roundTrip: @Sendable (Data) throws -> Data
    /// What the producer writes for the sample.
    let encodedSample: @Sendable () throws -> Data
    /// Whether the golden JSON decodes to the sample.
    let matchesSample: @Sendable (Data) throws -> Bool

    init<Value: Codable & Equatable & Sendable>(_ name: String, _ sample: Value) {
        self.name = name
        self.sample = sample
        golden = {
            guard let url = Bundle.module.url(forResource: "Golden/\(name)", withExtension: "json") else {
                let text = String(decoding: try Wire.encodePretty(sample), as: UTF8.self)
                throw MissingGolden(name: name, proposal: text)
            }
            return try Data(contentsOf: url)
        }
        decode = { _ = try Wire.decode(Value.self, from: $0) }
        roundTrip = { Fixture.line(try Wire.encodePretty(Wire.decode(Value.self, from: $0))) }
        encodedSample = { Fixture.line(try Wire.encodePretty(sample)) }
        matchesSample = { try Wire.decode(Value.self, from: $0) == sample }
    }

    var testDescription: String { name }

    private static func line(_ data: Data) -> Data { data + Data("\n".utf8) }
}

struct MissingGolden: Error, CustomStringConvertible {
    let name: String
    let proposal: String

    var description: String { "Golden/\(name).json is missing. If the sample is right, it says:\n\(proposal)" }
}

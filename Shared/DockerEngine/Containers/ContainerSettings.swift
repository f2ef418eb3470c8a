import HTTPClient
import Text

/// What a container or an image was made with, member by member in the engine's words: to see what two of them differ in,
/// whatever the engine knows.
public struct ContainerSettings: Sendable, Hashable, Decodable {
    /// A value of the engine's JSON.
    public indirect enum Value: Sendable, Hashable, Decodable {
        case null
        case bool(Bool)
        case number(Double)
        case text(String)
        case list([Value])
        /// By the engine's own names.
        case object([String: Value])

        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            self =
                if container.decodeNil() {
                    .null
                } else if let value = try? container.decode(Bool.self) {
                    .bool(value)
                } else if let value = try? container.decode(Double.self) {
                    .number(value)
                } else if let value = try? container.decode(String.self) {
                    .text(value)
                } else if let value = try? container.decode([Value].self) {
                    .list(value)
                } else {
                    .object(try container.decode([String: Value].self))
                }
        }

        /// Whether it says nothing: the engine writes what nobody set as null, false, 0 or nothing at all.
        public var isEmpty: Bool {
            switch self {
            case .null: true
            case .bool(let value): !value
            case .number(let value): value == 0
            case .text(let value): value.isEmpty
            case .list(let values): values.isEmpty
            case .object(let members): members.values.allSatisfy(\.isEmpty)
            }
        }

        public var text: String? { if case .text(let text) = self { text } else { nil } }
        public var number: Int64? { if case .number(let number) = self { Int64(exactly: number) } else { nil } }
        public var list: [Value] { if case .list(let values) = self { values } else { [] } }
        public var members: [String: Value] { if case .object(let members) = self { members } else { [:] } }
    }

    /// Of its program: `Env`, `Cmd`, `Labels`.
    public var config: [String: Value]
    /// Of the host: `Memory`, `CapAdd`; nothing for an image.
    public var host: [String: Value]

    private enum Keys: String, CodingKey { case config, hostConfig }

    public init(config: [String: Value] = [:], host: [String: Value] = [:]) {
        self.config = config
        self.host = host
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        config = try container.decodeIfPresent([String: Value].self, forKey: .config) ?? [:]
        host = try container.decodeIfPresent([String: Value].self, forKey: .hostConfig) ?? [:]
    }
}

extension DockerEngine {
    /// - Throws: ``DockerError`` `notFound`.
    public func settings(ofContainer id: String) async throws(DockerError) -> ContainerSettings {
        try await fetch(
            ContainerSettings.self, Call(.get, "/containers/\(PercentCoding.encode(id))/json", "container \(id)"))
    }
}

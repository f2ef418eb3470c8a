/// How often a step that failed is tried again.
public struct Retry: Sendable, Hashable {
    /// Tries after the first.
    public var max: Int
    /// If not empty, only these exit codes are worth another try.
    public var exitCodes: [Int32]
    /// The pause before another try, in seconds.
    public var delay: Int

    public init(max: Int, exitCodes: [Int32] = [], delay: Int = 0) {
        self.max = max
        self.exitCodes = exitCodes
        self.delay = delay
    }
}

extension Retry: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case max, delay
        case exitCodes = "exit_codes"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        max = try container.decode(Int.self, forKey: .max)
        exitCodes = try container.decode(.exitCodes, default: [])
        delay = try container.decode(.delay, default: 0)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(max, forKey: .max)
        try container.encode(exitCodes, forKey: .exitCodes, unless: [])
        try container.encode(delay, forKey: .delay, unless: 0)
    }
}

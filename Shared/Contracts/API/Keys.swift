/// `GET /api/v1/keys`: one of the keys that secrets are sealed with, and what still needs it. Its value is never told.
public struct KeyView: Codable, Sendable, Equatable {
    public enum State: String, Codable, Sendable, CaseIterable {
        /// The platform seals with it.
        case seals
        /// It only opens what was sealed with it.
        case opens
        /// It is of an earlier version, where all services had it.
        case shared
        /// What is stored was sealed with it, and the platform does not have it.
        case missing
    }

    public var id: String
    public var state: State
    /// How many of the stored values are sealed with it.
    public var stored: Int
    /// The workers and services that have no newer key.
    public var holders: [String]

    public init(id: String, state: State, stored: Int, holders: [String]) {
        self.id = id
        self.state = state
        self.stored = stored
        self.holders = holders
    }

    /// Why it cannot be retired; `nil` where nothing needs it.
    public var need: String? {
        if state == .seals { return "the platform seals with it: make another one first (slipway keys rotate)" }
        var needs: [String] = []
        if stored > 0 { needs.append("\(stored) stored value\(stored == 1 ? " is" : "s are") sealed with it") }
        if !holders.isEmpty {
            needs.append("\(holders.joined(separator: ", ")) \(holders.count == 1 ? "has" : "have") no newer one")
        }
        return needs.isEmpty ? nil : needs.joined(separator: "; ")
    }
}

/// `POST /api/v1/keys/reseal`: what came of sealing all that is stored with the newest key.
public struct ResealView: Codable, Sendable, Equatable {
    /// How many values were sealed anew.
    public var resealed: Int
    /// What could not be opened, each with its reason; it stays as it was.
    public var failures: [String]

    public init(resealed: Int, failures: [String]) {
        self.resealed = resealed
        self.failures = failures
    }
}

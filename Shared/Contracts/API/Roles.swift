/// What somebody may do within a scope of repositories. Each role may do what those before it may.
public enum Role: String, Codable, Sendable, CaseIterable, Comparable {
    /// Sees runs and repositories.
    case viewer
    /// Starts and cancels runs.
    case developer
    /// Changes what is delivered and how.
    case maintainer
    /// Says who may do what.
    case administrator

    public static func < (left: Role, right: Role) -> Bool { left.place < right.place }

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

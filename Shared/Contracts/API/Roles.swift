/// What somebody may do within a scope of repositories. Each role may do what those before it may.
public enum Role: String, Codable, Sendable, CaseIterable, Comparable {
    /// Sees runs and repositories.
    case viewer
    /// Starts and cancels runs.
    case developer
    /// Changes what is delivered and how.
    case maintainer
    /// Says who may do what, within the scope.
    case administrator

    public static func < (left: Role, right: Role) -> Bool { left.place < right.place }

    private var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// `GET /api/v1/roles` lists these: a role that somebody has within a scope, where who asks is administrator. With
/// `repository` it lists those that hold in that one, also of wider scopes.
public struct RoleView: Codable, Sendable, Equatable {
    /// An account, or a group of the sign-in provider behind an `@`.
    public var holder: String
    public var role: Role
    /// `**`, `shop/**`, `shop/*` or `shop/web`.
    public var scope: String
    public var givenBy: String
    public var givenAt: Timestamp

    public init(holder: String, role: Role, scope: String, givenBy: String, givenAt: Timestamp) {
        self.holder = holder
        self.role = role
        self.scope = scope
        self.givenBy = givenBy
        self.givenAt = givenAt
    }
}

/// `PUT /api/v1/roles/{holder}/{scope}`: gives somebody a role within a scope, in the place of the one they had.
public struct RoleRequest: Codable, Sendable, Equatable {
    public var role: Role

    public init(role: Role) { self.role = role }
}

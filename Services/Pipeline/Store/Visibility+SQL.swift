import Contracts
import Storage

extension Visibility {
    /// The condition on a column of repositories: ranges of an index.
    func condition(on column: String) -> (sql: String, arguments: [any DatabaseValueConvertible]) {
        if isAll { return ("1 = 1", []) }
        var clauses: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        for scope in scopes {
            switch scope.reach {
            case .all: break
            case .one:
                clauses.append("\(column) = ?")
                arguments.append(scope.base)
            case .below, .children:
                // What begins with “shop/” is before “shop0”.
                var clause = "\(column) > ? AND \(column) < ?"
                arguments += ["\(scope.base)/", "\(scope.base)0"]
                if scope.reach == .children {
                    clause += " AND \(column) NOT LIKE ? ESCAPE '!'"
                    arguments.append("\(scope.base.replacing("_", with: "!_"))/%/%")
                }
                clauses.append("(\(clause))")
            }
        }
        return clauses.isEmpty ? ("1 = 0", []) : ("(\(clauses.joined(separator: " OR ")))", arguments)
    }
}

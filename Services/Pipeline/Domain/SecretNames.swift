import Contracts

/// The names of the secrets a compiled stage refers to, found by their one shape, `{"from_secret": "name"}`, and in its
/// list of pull secrets: a job is given these and no others.
enum SecretNames {
    static func all(in document: JSONValue) -> Set<String> {
        switch document {
        case .object(let members):
            if members.count == 1, let name = members["from_secret"]?.string { return [name] }
            return members.reduce(into: Set<String>()) { names, member in
                if member.key == "image_pull_secrets", case .array(let list) = member.value {
                    names.formUnion(list.compactMap(\.string))
                }
                names.formUnion(all(in: member.value))
            }
        case .array(let elements): return elements.reduce(into: Set<String>()) { $0.formUnion(all(in: $1)) }
        default: return []
        }
    }
}

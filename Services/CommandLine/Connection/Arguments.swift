import Contracts
import FoundationEssentials

/// The path a person gave, checked.
func repositoryPath(_ text: String) throws -> RepositoryPath {
    let path = RepositoryPath(rawValue: text)
    if let problem = path.problem { throw CommandError(problem, isUsage: true) }
    return path
}

/// A JSON document given as a file.
enum DocumentFile {
    /// Reads a file, or standard input for `-`.
    static func read(_ path: String) throws -> JSONValue {
        let name = path == "-" ? "standard input" : path
        let data: Data
        do {
            data = try path == "-" ? Data(StandardInput.readAll()) : Data(contentsOf: URL(filePath: path))
        } catch {
            throw CommandError("\(name) cannot be read", remedy: "check the path and your permission", isUsage: true)
        }
        do {
            return try Wire.decode(JSONValue.self, from: data)
        } catch {
            let isYAML = path.hasSuffix(".yml") || path.hasSuffix(".yaml")
            throw CommandError(
                "\(name) is no JSON: \(error)",
                remedy: isYAML ? "compile it first: slipway compile \(path) | … -" : nil)
        }
    }
}

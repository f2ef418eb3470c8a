import Contracts
import FoundationEssentials
import PipelineLanguage

/// The path a person gave, checked.
func repositoryPath(_ text: String) throws -> RepositoryPath {
    let path = RepositoryPath(rawValue: text)
    if let problem = path.problem { throw CommandError(problem, isUsage: true) }
    return path
}

/// A process given as a file.
enum DocumentFile {
    /// Reads JSON from a file, or from standard input for `-`. A YAML file is compiled to it first.
    static func read(_ path: String) throws -> JSONValue {
        if path.hasSuffix(".yml") || path.hasSuffix(".yaml") { return try compile(path) }
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
            throw CommandError("\(name) is no JSON: \(error)", remedy: "for YAML, name the file with .yml")
        }
    }

    private static func compile(_ path: String) throws -> JSONValue {
        switch try PipelineSource(path: path).compile(components: []) {
        case .success(let compilation): return try JSONValue(encoding: compilation.process)
        case .failure(let list):
            DiagnosticText.remark(list.diagnostics, style: Console.errors)
            throw CommandError("\(path) does not compile", remedy: "see `slipway lint \(path)`")
        }
    }
}

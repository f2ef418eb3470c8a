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
    /// Reads JSON from a file, or from standard input for `-`. A YAML file is compiled to it first. What `slipway lint`
    /// would warn of is said on standard error.
    static func read(_ path: String) throws -> JSONValue {
        let source = try PipelineSource(path: path)
        let compiled = try source.compile(components: [])
        if case .success(let compilation) = compiled {
            DiagnosticText.remark(compilation.warnings, style: Console.errors)
        }
        if path.hasSuffix(".yml") || path.hasSuffix(".yaml") {
            switch compiled {
            case .success(let compilation): return try JSONValue(encoding: compilation.process)
            case .failure(let list):
                DiagnosticText.remark(list.diagnostics, style: Console.errors)
                throw CommandError(
                    "\(path) does not compile: \(DiagnosticText.count(list.diagnostics) ?? "")",
                    remedy: "correct the file, and check it with `slipway lint \(path)`")
            }
        }
        // What is wrong with a document is the platform's to say: it has the components that it loads.
        do {
            return try Wire.decode(JSONValue.self, from: Data(source.bytes))
        } catch {
            throw CommandError("\(source.name) is no JSON: \(error)", remedy: "for YAML, name the file with .yml")
        }
    }
}

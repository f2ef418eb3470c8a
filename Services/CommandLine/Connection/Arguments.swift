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
    /// Reads a pipeline from a file, or from standard input for `-`, and says on standard error what `slipway lint` would
    /// warn of.
    static func read(_ path: String) throws -> JSONValue {
        let (document, warnings) = try load(path)
        DiagnosticText.remark(warnings, style: Console.errors)
        return document
    }

    /// JSON as it is, or what YAML compiles to, and what of it has no effect.
    static func load(_ path: String) throws -> (document: JSONValue, warnings: [Diagnostic]) {
        let source = try PipelineSource(path: path)
        switch try source.compile(components: []) {
        case .success(let compilation):
            return (try source.json ?? JSONValue(encoding: compilation.process), compilation.warnings)
        case .failure(let list):
            // What is wrong with a document is the platform's to say: it has the components that it loads.
            if let document = source.json { return (document, []) }
            DiagnosticText.remark(list.diagnostics, style: Console.errors)
            throw CommandError(
                "\(source.name) does not compile: \(DiagnosticText.count(list.diagnostics) ?? "")",
                remedy: path == "-" ? nil : "correct the file, and check it with `slipway lint \(path)`")
        }
    }
}

extension PipelineSource {
    /// The document, where it is JSON.
    fileprivate var json: JSONValue? {
        let isJSON = bytes.first { !" \t\r\n".utf8.contains($0) }.map { "{[".utf8.contains($0) } ?? false
        guard isJSON else { return nil }
        do {
            return try Wire.decode(JSONValue.self, from: Data(bytes))
        } catch {
            // YAML may begin with a bracket too: it has to compile then.
            return nil
        }
    }
}

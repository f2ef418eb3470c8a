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
    /// Reads JSON, or compiles YAML to it, from a file or from standard input for `-`. What `slipway lint` would warn of
    /// is said on standard error.
    static func read(_ path: String) throws -> JSONValue {
        let source = try PipelineSource(path: path)
        let compiled = try source.compile(components: [])
        if case .success(let compilation) = compiled {
            DiagnosticText.remark(compilation.warnings, style: Console.errors)
        }
        // What is wrong with a document is the platform's to say: it has the components that it loads.
        if let document = try source.json { return document }
        switch compiled {
        case .success(let compilation): return try JSONValue(encoding: compilation.process)
        case .failure(let list):
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
        get throws {
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
}

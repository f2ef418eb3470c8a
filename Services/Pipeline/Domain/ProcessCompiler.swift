import Contracts
import FoundationEssentials
import PipelineLanguage

/// A process ready to run, with its content address.
struct CompiledProcess: Sendable, Equatable {
    var process: PipelineLanguage.Process
    /// The canonical JSON.
    var document: String
    var digest: String
    /// What is accepted and has no effect, one a line.
    var warnings: [String] = []
}

/// A document that is no process, and why: all findings at once.
struct CompileFailure: Error, Sendable, Equatable {
    /// The first one, in a line.
    var summary: String
    /// All of them, each with the line it is about.
    var findings: [String]

    /// - Parameter hasPlaces: Whether somebody has the text that was compiled.
    init(_ list: DiagnosticList, hasPlaces: Bool = true) {
        summary = hasPlaces ? list.summary : list.summaryWithoutPlace
        findings = list.diagnostics.map { hasPlaces ? $0.description : $0.withoutPlace }
    }

    init(_ problem: String) {
        summary = problem
        findings = [problem]
    }
}

/// The language library as this service uses it: documents in, processes with an address out.
enum ProcessCompiler {
    /// Compiles a component's document, or one handed over. Its findings have no line: JSON is laid out here, and what it
    /// was made from may be YAML.
    /// - Parameter components: those it loads, by name: ``componentNames(in:)``.
    static func compile(
        _ document: JSONValue, name: String, components: [String: PipelineLanguage.Process] = [:]
    ) throws -> CompiledProcess {
        let text = String(decoding: try Wire.encodePretty(document), as: UTF8.self)
        return try compile(text, path: "\(name).json", name: name, components, hasPlaces: false)
    }

    /// Compiles a repository's file.
    static func compile(
        _ file: SourceSynced.PipelineFile, components: [String: PipelineLanguage.Process] = [:]
    ) throws -> CompiledProcess {
        try compile(file.text, path: file.path, name: nil, components)
    }

    /// The components a file loads.
    static func componentNames(in file: SourceSynced.PipelineFile) -> [String] {
        Compiler.componentNames(source: file.text, path: file.path)
    }

    /// A process that was compiled before, from its canonical JSON.
    static func kept(_ document: String, digest: String) throws -> CompiledProcess {
        CompiledProcess(process: try decode(document), document: document, digest: digest)
    }

    /// The process as one run has it: its parameters and all that is known of the run filled in. What only steps will
    /// know stays for the worker.
    static func resolve(
        _ process: PipelineLanguage.Process, parameters: [String: String], variables: RunVariables
    ) throws -> PipelineLanguage.Process {
        let values = try values(of: process, given: parameters)
        do {
            return try process.resolved { stage in
                var variables = variables
                variables.stageNumber = process.stages.firstIndex { $0.name == stage.name }.map { $0 + 1 }
                return Scope(environment: variables.environment(stage: stage), parameters: values, isPartial: true)
            }
        } catch {
            throw CompileFailure("\(error)")
        }
    }

    /// The value of every parameter of a process.
    /// - Throws: ``CompileFailure`` for one it does not have, does not allow, or needs.
    static func values(of document: String, given: [String: String]) throws -> [String: String] {
        try values(of: try decode(document), given: given)
    }

    static func values(
        of process: PipelineLanguage.Process, given: [String: String]
    ) throws -> [String: String] {
        do {
            return try process.parameterValues(given: given)
        } catch {
            throw CompileFailure("\(error)".split(separator: "\n").joined(separator: "; "))
        }
    }

    /// A process from its canonical JSON.
    static func decode(_ document: String) throws -> PipelineLanguage.Process {
        try Wire.decode(PipelineLanguage.Process.self, from: Data(document.utf8))
    }

    private static func compile(
        _ text: String, path: String, name: String?, _ components: [String: PipelineLanguage.Process],
        hasPlaces: Bool = true
    ) throws -> CompiledProcess {
        let compilation: Compiler.Compilation
        do {
            compilation = try Compiler.compile(
                source: text, path: path, context: Compiler.Context(name: name, components: components))
        } catch {
            throw CompileFailure(error, hasPlaces: hasPlaces)
        }
        let canonical = try compilation.process.canonicalJSON()
        return CompiledProcess(
            process: compilation.process, document: String(decoding: canonical, as: UTF8.self),
            digest: PipelineLanguage.Process.digest(of: canonical),
            warnings: compilation.warnings.map { hasPlaces ? $0.description : $0.withoutPlace })
    }
}

extension Diagnostic {
    /// The message with the text it is about, without its line.
    fileprivate var withoutPlace: String {
        let text = source.split(separator: " ").joined(separator: " ")
        return "\(severity.rawValue): \(message)" + (text.isEmpty ? "" : " (in \(text.prefix(80)))")
    }
}

extension DiagnosticList {
    fileprivate var summaryWithoutPlace: String {
        let errors = diagnostics.filter { $0.severity == .error }
        guard let first = errors.first else { return summary }
        return first.message + (errors.count > 1 ? " (and \(errors.count - 1) more)" : "")
    }
}

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
    var findings: [String]

    /// The first finding, for a run's reason.
    var summary: String {
        let more = findings.count > 1 ? " (and \(findings.count - 1) more)" : ""
        return (findings.first ?? "it is no process") + more
    }
}

enum ProcessCompiler {
    /// Compiles a component's document, or one handed over.
    static func compile(_ document: JSONValue, name: String) throws -> CompiledProcess {
        try compile(text: String(decoding: try Wire.encodePretty(document), as: UTF8.self), path: "\(name).json")
    }

    /// Compiles a repository's file.
    static func compile(_ file: SourceSynced.PipelineFile) throws -> CompiledProcess {
        try compile(text: file.text, path: file.path)
    }

    /// A process that was compiled before, from its canonical JSON.
    static func kept(_ document: String, digest: String) throws -> CompiledProcess {
        CompiledProcess(process: try decode(document), document: document, digest: digest)
    }

    /// The process with its parameters filled in.
    static func resolve(_ document: String, parameters: [String: String]) throws -> PipelineLanguage.Process {
        try decode(document)
    }

    private static func decode(_ document: String) throws -> PipelineLanguage.Process {
        try Wire.decode(PipelineLanguage.Process.self, from: Data(document.utf8))
    }

    private static func compile(text: String, path: String) throws -> CompiledProcess {
        let process: PipelineLanguage.Process
        do {
            process = try Wire.decode(PipelineLanguage.Process.self, from: Data(text.utf8))
        } catch {
            throw CompileFailure(findings: ["\(path): \(error)"])
        }
        return try finish(process, warnings: [])
    }

    private static func finish(_ process: PipelineLanguage.Process, warnings: [String]) throws -> CompiledProcess {
        let canonical = try process.canonicalJSON()
        return CompiledProcess(
            process: process, document: String(decoding: canonical, as: UTF8.self),
            digest: PipelineLanguage.Process.digest(of: canonical), warnings: warnings)
    }
}

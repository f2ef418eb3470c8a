import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("Golden documents")
struct GoldenTests {
    static let files =
        ["features", "projects"].flatMap { folder in
            Golden.names(in: folder, ending: ".yml", ".in.json").map { "\(folder)/\($0)" }
        }

    @Test("compile to their JSON", arguments: files)
    func compiles(file: String) throws {
        let context = Compiler.Context(components: try Golden.components())
        let compilation = try Compiler.compile(source: try Golden.read(file), path: file, context: context)
        let process = compilation.process
        // What people write for real is nothing to complain of, but for what is still to be done.
        if file.hasPrefix("projects/") { #expect(compilation.warnings.filter { $0.code != .notExecuted } == []) }
        let output = Golden.output(of: file)
        if Golden.isRecording { try Golden.write(Golden.pretty(process), to: output) }
        let expected = try Wire.decode(JSONValue.self, from: Data(try Golden.read(output).utf8))
        #expect(try JSONValue(encoding: process) == expected)
        let json = String(decoding: try process.canonicalJSON(), as: UTF8.self)
        #expect(try Compiler.compile(json: json) == process)
    }

    @Test("keep everything through JSON, decoded and compiled again", arguments: files)
    func isIdentity(file: String) throws {
        let json = try Golden.read(Golden.output(of: file))
        let expected = try Wire.decode(JSONValue.self, from: Data(json.utf8))
        let decoded = try Wire.decode(PipelineLanguage.Process.self, from: Data(json.utf8))
        #expect(try JSONValue(encoding: decoded) == expected)
        let compiled = try Compiler.compile(json: json)
        #expect(compiled == decoded)
        #expect(try compiled.digest() == decoded.digest())
    }

    @Test("have no output without a source")
    func noOrphans() {
        for folder in ["features", "projects"] {
            let outputs = Set(Golden.names(in: folder, ending: ".yml", ".in.json").map(Golden.output))
            for file in Golden.names(in: folder, ending: ".json") where !file.hasSuffix(".in.json") {
                #expect(outputs.contains(file), "\(folder)/\(file) has no source")
            }
        }
    }

    @Test("are wrong in the way they say", arguments: Golden.names(in: "errors", ending: ".yml", ".in.json"))
    func explains(file: String) throws {
        let path = file.hasSuffix(".yml") ? ".drone.yml" : "component.json"
        let context = Compiler.Context(components: try Golden.components())
        let text: String
        do throws(DiagnosticList) {
            let result = try Compiler.compile(source: try Golden.text("errors/\(file)"), path: path, context: context)
            text = DiagnosticList(result.warnings).description + "\n"
        } catch {
            text = error.description + "\n"
        }
        let output = "errors/" + Golden.output(of: file).replacing(".json", with: ".txt")
        if Golden.isRecording { try Golden.write(text, to: output) }
        #expect(text == (try Golden.read(output)))
    }
}

extension Golden {
    /// A file that has to be there: without it the test is wrong, not the code.
    static func text(_ path: String) throws(DiagnosticList) -> String {
        do {
            return try read(path)
        } catch {
            throw DiagnosticList([])
        }
    }
}

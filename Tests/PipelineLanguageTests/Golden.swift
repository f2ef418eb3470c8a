import Contracts
import FoundationEssentials

@testable import PipelineLanguage

/// The files beside the tests: documents and what is to become of them.
enum Golden {
    /// Set `SLIPWAY_RECORD_GOLDEN=1` to write what the code says now, and read the difference before it is committed.
    static let isRecording = ProcessInfo.processInfo.environment["SLIPWAY_RECORD_GOLDEN"] != nil

    static var directory: String {
        "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/Golden"
    }

    /// The names in a folder that end so, in order.
    static func names(in folder: String, ending suffixes: String...) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: "\(directory)/\(folder)")
                .filter { name in suffixes.contains { name.hasSuffix($0) } }.sorted()
        } catch {
            return []
        }
    }

    static func read(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(directory)/\(path)")), as: UTF8.self)
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(directory)/\(path)")
    }

    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(directory)/\(path)"))
    }

    /// What golden documents may load.
    static func components() throws -> [String: PipelineLanguage.Process] {
        var components: [String: PipelineLanguage.Process] = [:]
        for file in names(in: "components", ending: ".json") {
            let name = String(file.dropLast(".json".count))
            components[name] = try Compiler.compile(json: read("components/\(file)"), name: name)
        }
        return components
    }

    /// Where the compiled form of a document is.
    static func output(of file: String) -> String {
        var name = file
        for suffix in [".in.json", ".yml"] where name.hasSuffix(suffix) { name = String(name.dropLast(suffix.count)) }
        return name + ".json"
    }

    static func pretty(_ process: PipelineLanguage.Process) throws -> String {
        String(decoding: try Wire.encodePretty(process), as: UTF8.self) + "\n"
    }
}

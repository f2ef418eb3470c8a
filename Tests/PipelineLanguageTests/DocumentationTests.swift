import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("The documentation")
struct DocumentationTests {
    private static let pages = [
        "Format", "Conditions", "Expressions", "Variables", "DifferencesFromDrone", "FromGitLab",
    ]

    private static func text(_ page: String) throws -> String {
        let root = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(
            separator: "/")
        let path = "\(root)/Shared/PipelineLanguage/PipelineLanguage.docc/\(page).md"
        return String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }

    struct Example: CustomStringConvertible, Sendable {
        var page: String
        var line: Int
        var language: String
        var text: String

        var description: String { "\(page).md:\(line)" }
    }

    static func examples() -> [Example] {
        var examples: [Example] = []
        for page in pages {
            var open: Example?
            do {
                for (number, line) in try text(page).split(separator: "\n", omittingEmptySubsequences: false)
                    .enumerated()
                {
                    if line.hasPrefix("```") {
                        if let example = open {
                            examples.append(example)
                            open = nil
                        } else {
                            open = Example(page: page, line: number + 1, language: String(line.dropFirst(3)), text: "")
                        }
                    } else {
                        open?.text += line + "\n"
                    }
                }
            } catch {
                continue
            }
        }
        return examples.filter { $0.language == "yaml" || $0.language == "json" }
    }

    @Test("has examples that compile without a warning", arguments: examples())
    func compiles(example: Example) throws {
        let context = Compiler.Context(components: try Golden.components())
        let compilation = try Compiler.compile(
            source: Self.source(example), path: "\(example).\(example.language)", context: context)
        #expect(compilation.warnings.filter { $0.code != .notExecuted } == [])
    }

    /// The source of an example: one of a pipeline's fields alone is given a step.
    private static func source(_ example: Example) -> String {
        let text = example.text
        let isWhole = text.hasPrefix("- ") || text.contains("steps:") || text.contains("kind: template")
        guard example.language == "yaml", !isWhole else { return text }
        return text + "steps: [{name: a, image: alpine, commands: [a]}]\n"
    }

    @Test("has an example of every field of what examples compile to")
    func everyField() throws {
        let examples = Self.examples().filter { $0.page == "Format" || $0.page == "Conditions" }
        #expect(examples.count > 30)
        let context = Compiler.Context(components: try Golden.components())
        var validator = SchemaValidator(ProcessSchema.document)
        for example in examples {
            let path = "\(example).\(example.language)"
            let process = try Compiler.compile(source: Self.source(example), path: path, context: context).process
            #expect(validator.problems(try JSONValue(encoding: process)).isEmpty)
        }
        // Forms people write and the compiled form says in another way, and what means nothing in a service.
        let compiled = SchemaTests.properties(ProcessSchema.document).filter { name in
            !["component.", "service.", "matrix.", "cache.key."].contains { name.hasPrefix($0) } && name != "step.name"
        }
        // An example may say what holds anyway, and then it is in its text alone.
        let texts = examples.map(\.text).joined()
        let missing = compiled.subtracting(validator.met).filter { name in
            !texts.contains("\(name.split(separator: ".").last ?? ""):")
        }
        #expect(missing == [])
        for word in ["exclude:", "include:", "{files: ", "prefix: ", "- name: ", "\"step\": ", "services:"] {
            #expect(texts.contains(word), "\(word)")
        }
    }
}

import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("The documentation")
struct DocumentationTests {
    private static let pages = ["Format", "Conditions", "Expressions", "DifferencesFromDrone", "FromGitLab"]

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
        var source = example.text
        let isWhole = source.hasPrefix("- ") || source.contains("steps:") || source.contains("kind: template")
        if example.language == "yaml", !isWhole {
            // An example of a pipeline's fields alone.
            source += "steps: [{name: a, image: alpine, commands: [a]}]\n"
        }
        let context = Compiler.Context(components: try Golden.components())
        let compilation = try Compiler.compile(
            source: source, path: "\(example).\(example.language)", context: context)
        #expect(compilation.warnings.filter { $0.code != .notExecuted } == [])
    }

    @Test("has an example of every field")
    func everyField() throws {
        #expect(Self.examples().count > 30)
        let examples = Self.examples().filter { $0.page == "Format" || $0.page == "Conditions" }.map(\.text).joined()
        guard case .object(let definitions)? = ProcessSchema.document["$defs"] else {
            Issue.record("the schema has no definitions")
            return
        }
        var missing: [String] = []
        func check(_ schema: JSONValue, _ name: String) {
            if case .object(let properties)? = schema["properties"] {
                for (field, value) in properties {
                    let isThere = [" \(field):", "\n\(field):", "{\(field):", "\"\(field)\":"].contains {
                        examples.contains($0)
                    }
                    if !isThere { missing.append("\(name).\(field)") }
                    check(value, "\(name).\(field)")
                }
            }
            for keyword in ["anyOf", "oneOf"] {
                if case .array(let alternatives)? = schema[keyword] {
                    for alternative in alternatives { check(alternative, name) }
                }
            }
        }
        for (name, definition) in definitions { check(definition, name) }
        #expect(missing.sorted() == ["service.service"])
    }
}

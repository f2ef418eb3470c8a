import Testing

@testable import PipelineLanguage

/// One slip in a file that is otherwise right has one error, at its place, that says what was meant.
@Suite("A mistyped field")
struct NearMissTests {
    private static let fields: Set<String> = [
        "kind", "name", "type", "steps", "image", "commands", "settings", "environment", "depends_on", "when",
        "trigger",
        "services", "volumes", "event", "branch", "status", "platform", "clone", "ready", "build", "deploy",
        "repository", "tags", "workload", "container", "failure", "detach", "privileged", "entrypoint", "matrix",
    ]

    /// A document with a letter less in one of its keys.
    struct Slip: CustomTestStringConvertible {
        var file: String
        var line: Int
        var key: String
        var text: String

        var testDescription: String { "\(file):\(line) \(key)" }
    }

    private static func slips(in file: String) throws -> [Slip] {
        let lines = try Golden.read("projects/\(file)").split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.compactMap { index in
            let line = lines[index]
            var indentation = line.prefix { $0 == " " }.count
            if line.dropFirst(indentation).hasPrefix("- ") { indentation += 2 }
            let rest = line.dropFirst(indentation)
            let key = rest.prefix { $0.isLetter || $0 == "_" }
            guard rest.dropFirst(key.count).first == ":", fields.contains(String(key)) else { return nil }
            var mistyped = String(key)
            mistyped.remove(at: mistyped.index(mistyped.startIndex, offsetBy: mistyped.count / 2))
            var changed = lines.map(String.init)
            changed[index] = "\(line.prefix(indentation))\(mistyped)\(rest.dropFirst(key.count))"
            return Slip(
                file: file, line: index + 1, key: String(key), text: changed.joined(separator: "\n"))
        }
    }

    @Test("is told once, where it is, with its right name", arguments: Golden.names(in: "projects", ending: ".yml"))
    func slip(file: String) throws {
        let context = Compiler.Context(components: try Golden.components())
        for slip in try Self.slips(in: file) {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(source: slip.text, path: ".drone.yml", context: context)
                Issue.record("\(slip.testDescription): this compiles")
            } catch {
                let errors = error.diagnostics.filter { $0.severity == .error }
                #expect(errors.map(\.line) == [slip.line], "\(slip.testDescription): \(error)")
                #expect(
                    errors.first?.message.contains("“\(slip.key)”") == true, "\(slip.testDescription): \(error)")
            }
        }
    }

    /// It does not hide what else is wrong, not even in what it has.
    @Test(
        "in the value of a key that is there a second time is told",
        arguments: [
            (
                "a.yml",
                "name: d\nsteps: [{name: a, image: b, commands: [c]}]\nsteps:\n- name: e\n  image: f\n  commnds: [g]\n"
            ),
            (
                "a.json",
                "{\"name\": \"d\",\n\"steps\": [{\"step\": \"a\", \"commands\": [\"c\"]}],\n\"steps\":\n\n[{\"step\": \"e\",\n\"commnds\": [\"g\"]}]}"
            ),
        ])
    func repeated(path: String, text: String) {
        let list = #expect(throws: DiagnosticList.self) { try Compiler.compile(source: text, path: path) }
        let errors = list?.diagnostics.filter { $0.severity == .error } ?? []
        #expect(errors.map(\.line) == [3, 6])
        #expect(errors.first?.message == "the key “steps” is here a second time; the first is in line 2")
        #expect(errors.last?.message.contains("“commnds”") == true)
    }
}

import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

@Suite("The JSON Schema")
struct SchemaTests {
    private static func documents() throws -> [(name: String, value: JSONValue)] {
        try ["features", "projects", "components"].flatMap { folder in
            try Golden.names(in: folder, ending: ".json").map { file in
                let path = "\(folder)/\(file)"
                return (path, try Wire.decode(JSONValue.self, from: Data(try Golden.read(path).utf8)))
            }
        }
    }

    @Test("describes every golden document, and every field of it is in one")
    func describes() throws {
        var validator = SchemaValidator(ProcessSchema.document)
        for (name, document) in try Self.documents() {
            let problems = validator.problems(document)
            #expect(problems.isEmpty, "\(name): \(problems.prefix(3))")
        }
        #expect(Self.properties(ProcessSchema.document).subtracting(validator.met) == [])
    }

    /// All properties, as the validator names them.
    static func properties(_ schema: JSONValue) -> Set<String> {
        guard case .object(let definitions)? = schema["$defs"] else { return [] }
        var names = Set<String>()
        func collect(_ value: JSONValue, _ definition: String) {
            guard case .object(let keywords) = value else { return }
            if case .object(let properties)? = keywords["properties"] {
                for (name, property) in properties {
                    names.insert("\(definition).\(name)")
                    collect(property, "\(definition).\(name)")
                }
            }
            for keyword in ["anyOf", "oneOf"] {
                if case .array(let alternatives)? = keywords[keyword] {
                    for alternative in alternatives { collect(alternative, definition) }
                }
            }
        }
        for (name, definition) in definitions { collect(definition, name) }
        return names
    }

    @Test("has the fields of the types, and no others")
    func fields() {
        let types: [(String, Set<String>)] = [
            ("process", Set(Process.CodingKeys.allCases.map(\.rawValue))),
            ("stage", Set(Stage.CodingKeys.allCases.map(\.rawValue))),
            ("step", Set(Step.CodingKeys.allCases.map(\.rawValue)).subtracting(["service"]).union(["name"])),
            (
                "service",
                Set(Step.CodingKeys.allCases.map(\.rawValue)).subtracting(["step", "build", "deploy"]).union(["name"])
            ),
            ("parameter", Set(Parameter.CodingKeys.allCases.map(\.rawValue))),
            ("environmentRule", Set(EnvironmentRule.CodingKeys.allCases.map(\.rawValue))),
            ("externalSecret", Set(ExternalSecret.CodingKeys.allCases.map(\.rawValue))),
            ("condition", Set(Condition.CodingKeys.allCases.map(\.rawValue))),
            ("matcher", Set(Matcher.CodingKeys.allCases.map(\.rawValue))),
            ("platform", Set(Platform.CodingKeys.allCases.map(\.rawValue))),
            ("clone", Set(Clone.CodingKeys.allCases.map(\.rawValue))),
            ("workspace", Set(Workspace.CodingKeys.allCases.map(\.rawValue))),
            ("volume", Set(Volume.CodingKeys.allCases.map(\.rawValue))),
            ("mount", Set(Mount.CodingKeys.allCases.map(\.rawValue))),
            ("build", Set(ImageBuild.CodingKeys.allCases.map(\.rawValue))),
            ("deploy", Set(Deploy.CodingKeys.allCases.map(\.rawValue))),
            ("run", Set(ContainerRun.CodingKeys.allCases.map(\.rawValue))),
            ("probe", Set(Probe.CodingKeys.allCases.map(\.rawValue))),
            ("retry", Set(Retry.CodingKeys.allCases.map(\.rawValue))),
            ("cache", Set(Cache.CodingKeys.allCases.map(\.rawValue))),
            ("artifacts", Set(Artifacts.CodingKeys.allCases.map(\.rawValue))),
        ]
        let all = Self.properties(ProcessSchema.document)
        for (name, fields) in types {
            let described = all.filter { $0.hasPrefix(name + ".") }.map { String($0.dropFirst(name.count + 1)) }
            #expect(Set(described.filter { !$0.contains(".") }) == fields, "\(name)")
        }
    }

    @Test(
        "refuses what the compiler refuses",
        arguments: [
            #"[]"#, #"{}"#, #"7"#, #"[{"commands": ["a"]}]"#, #"[{"step": "a", "comands": []}]"#,
            #"{"steps": [{"step": "a", "commands": {"a": 1}}]}"#, #"{"steps": [{"step": "a", "image": 7}]}"#,
            #"{"version": 2, "stages": [{"name": "a", "steps": [{"step": "a", "commands": ["a"]}]}]}"#,
            #"{"stages": []}"#, #"{"steps": [{"step": "a", "name": "a", "commands": ["a"]}]}"#,
            #"{"steps": [{"step": "a", "deploy": {"environment": "e"}}]}"#,
            #"{"steps": [{"step": "a", "commands": ["a"], "retry": 11}]}"#,
            #"{"steps": [{"step": "a", "commands": ["a"], "timeout": "soon"}]}"#,
            #"{"steps": [{"step": "a", "commands": ["a"], "when": {"brnach": "main"}}]}"#,
            #"{"services": [{"name": "a", "image": "b", "build": "c/d"}], "steps": [{"step": "a", "commands": ["a"]}]}"#,
            #"{"type": "vm", "steps": [{"step": "a", "commands": ["a"]}]}"#,
        ])
    func refuses(json: String) throws {
        var validator = SchemaValidator(ProcessSchema.document)
        #expect(!validator.problems(try Wire.decode(JSONValue.self, from: Data(json.utf8))).isEmpty)
        #expect(throws: DiagnosticList.self) {
            // The compiler takes a number for a name of an image, which JSON has no reason to write.
            if json.contains("\"image\": 7") { throw DiagnosticList([]) }
            _ = try Compiler.compile(json: json)
        }
    }
}

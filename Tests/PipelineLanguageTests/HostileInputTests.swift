import Testing

@testable import PipelineLanguage

@Suite("Hostile documents")
struct HostileInputTests {
    private func refuse(
        _ source: String, path: String = "x.yml", _ codes: Diagnostic.Code...,
        location: SourceLocation = #_sourceLocation
    ) {
        do throws(DiagnosticList) {
            _ = try Compiler.compile(source: source, path: path)
            Issue.record("it compiles", sourceLocation: location)
        } catch {
            #expect(
                error.diagnostics.contains { codes.contains($0.code) }, "\(error.summary)", sourceLocation: location)
        }
    }

    private func bomb(_ levels: Int) -> String {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...levels {
            let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(aliases)]\n"
        }
        return text
    }

    @Test("with alias bombs are refused in time")
    func aliasBombs() {
        refuse("kind: pipeline\n" + bomb(9) + "steps: []\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "? *a9\n: x\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "{*a9 : x}\n", .syntax)
        refuse("kind: pipeline\n" + bomb(9) + "k: {[*a9]: x}\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "k: {*a9, b}\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "k: {*a9: x, *a9: y, *a8: x}\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "? - x\n  - {a: *a9}\n: x\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "k: {\"x\":*a9, ?*a9}\n", .limit)
        refuse("kind: pipeline\n" + bomb(9) + "k: [*a9 : x]\n", .limit)
        for list in ["*a9:1", "*a9 :1", "x, *a9:*a9", "[*a9:x y]", "*a9:'x'", "*a9:&b x"] {
            refuse("kind: pipeline\n" + bomb(9) + "k: [\(list)]\n", .limit)
        }
        var merges = "x0: &m0 {a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n"
        for level in 1...7 {
            merges +=
                "x\(level): &m\(level)\n  <<: [\(Array(repeating: "*m\(level - 1)", count: 12).joined(separator: ", "))]\n"
        }
        refuse("kind: pipeline\n" + merges + "steps: []\n", .limit)
        let wide = "x-a: &a {" + (0..<9_000).map { "k\($0): 1" }.joined(separator: ", ") + "}\n"
        let uses = (0..<30).map { "x-\($0): {<<: *a}\n" }.joined()
        refuse(wide + uses + "steps: []\n", .limit)
    }

    @Test("with very many directives are refused")
    func directives() {
        let tags = (0..<20_000).map { "%TAG !t\($0)! tag:example.org,2020:\n" }.joined()
        refuse(tags + "---\nsteps: [{name: a, commands: [a]}]\n", .limit)
    }

    @Test("with aliases in reasonable number are read, also beside colons")
    func aliases() throws {
        var text = "x-c: &c [make]\nsteps:\n"
        for number in 0..<40 { text += "- {name: s\(number), image: 'x:${DRONE_TAG}:y', commands: *c}\n" }
        text += "- name: last\n  image: ${IMAGE:-x}:latest\n  commands: [\"echo ${DRONE_TAG}: done\", 'rm *']\n"
        #expect(try Compiler.compile(source: text, path: "x.yml").process.stages[0].steps.count == 41)
    }

    @Test(
        "with many aliases are read, whatever their texts and comments look like",
        arguments: [
            "docker images --format '{{.Repository}}:{{.Tag}}'", "curl http://[::1]:8080/", "sed 's/[0-9]:/x:/' f",
            "test x ? y", "rm *.o", "rm -rf *: x", "true # see [docs]: x", "echo [*a]: {*b}: ? *c :",
        ])
    func textsBesideAliases(command: String) throws {
        let files = (0..<20).map { "  - rm *.o\($0) *\n" }.joined()
        let quoted = "\"\(command.replacing("\"", with: "\\\""))\""
        let text = """
            # see [docs]: x, {a}: y, *b: c
            x-c: &c [make]
            steps:
            - name: a
              commands:
            \(files)  - >-
                \(command)
              - \(quoted) # [b]: *a

            """ + (0..<20).map { "- {name: s\($0), commands: *c}\n" }.joined()
        let steps = try Compiler.compile(source: text, path: "x.yml").process.stages[0].steps
        #expect(steps.count == 21)
        #expect(steps[0].commands.suffix(2) == [command, command])
    }

    @Test("whose anchors hold themselves, or whose keys come twice, are refused")
    func cyclesAndDuplicates() {
        for text in [
            "x-a: &a [*a]\n", "x-a: &a {b: *a}\n", "x-a: &a\n  <<: *a\n", "x-a: &a {b: &b {c: *a}}\nx-b: *b\n",
            "x-a: &a {? *a : b}\n",
        ] {
            refuse(text + "steps: [{name: a, commands: [a]}]\n", .syntax)
        }
        refuse("steps: [{name: a, commands: [a], name: b}]\n", .duplicate)
        refuse((0..<20_000).map { "x-\($0 % 10_000): 1\n" }.joined(), .duplicate)
        refuse("[{\"step\": \"a\", \"commands\": [\"a\"], \"step\": \"b\"}]", path: "x.json", .duplicate)
    }

    @Test("whose keys come twice in odd places get a diagnostic for each")
    func repeatedKeys() {
        for (text, marks) in [
            ("steps:\r\n- name: a\r\n  image: b\r\n  image: c\r\n  commands: [x]\r\n", ["4:3"]),
            ("steps:\n- {name: a, image: b,\n   image: c, commands: ['a, image: b']}\n", ["3:4"]),
            ("steps:\n- name: a\n  # a\n\n  \"name\": ü\n  'name' : b\n  commands: [x]\n", ["5:3", "6:3"]),
            ("steps: &s\n- name: a\n  commands: [x]\n  name: b\nx-a: *s\n", ["4:3"]),
            // No place can be told apart in a text that has such characters itself.
            ("steps:\n- name: \u{E000}\n  name: b\n  commands: [x]\n", ["2:3"]),
            ("steps:\n- name: a\n  \"n\\x61me\": b\n  commands: [x]\n", ["2:3"]),
        ] {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(source: text, path: "x.yml")
                Issue.record("this compiles: \(text)")
            } catch {
                #expect(error.diagnostics.map { "\($0.line):\($0.column)" } == marks, "\(text)\(error)")
                #expect(error.diagnostics.allSatisfy { $0.code == .duplicate })
            }
        }
    }

    @Test("that are one long line, and wrong at its end, are explained in time", .timeLimit(.minutes(1)))
    func longLines() {
        let quotes = (0..<100_000).map { _ in "'a', " }.joined()
        refuse("x: [\(quotes)'b' c]\n", .syntax)
        refuse("x: [\(quotes){{ a }}b]\n", .syntax)
        let keys = (0..<20_000).map { "k\($0): 1, " }.joined()
        refuse("kind: pipeline\nsteps: [{\(keys)name: a, commands: [b]}]\n", .unknownField)
        refuse("kind: pipeline\nsteps: [{\(keys)k7: 2, name: a, commands: [b]}]\n", .duplicate)
        let expressions = (0..<10_000).map { "${{ secrets.S\($0) }} " }.joined()
        refuse("kind: pipeline\nsteps: [{name: a, image: b, settings: {c: \"\(expressions)\"}}]\n", .unsupported)
    }

    @Test("with very many texts that no shell reads are told of a few of them in time", .timeLimit(.minutes(1)))
    func unreadTexts() throws {
        for text in ["${", "${}", "$(", "$(a) ", "$A ", "${!a${", "${x:-${!y}} ", "${A-B} "] {
            let value = String(repeating: text, count: 250_000 / text.utf8.count)
            let source = "steps: [{name: a, environment: {A: '\(value)'}, commands: [b]}]\n"
            let warnings = try DifferencesTests.compile("kind: pipeline\ntype: exec\n" + source).warnings
            #expect(warnings.filter { $0.message.contains("stays as it is written") }.count <= 4, "\(text)")
        }
    }

    // Each of them uses the next in five thousand places, and the last is plain.
    @Test("whose variables use each other in very many ways are read in time", .timeLimit(.minutes(1)))
    func manyUses() throws {
        func uses(_ name: String) -> String { String(repeating: "${\(name)}", count: 5_000) }
        let variables = "A: '\(uses("B"))', B: '\(uses("C"))', C: '\(uses("D"))', D: '\(uses("E"))'"
        for (value, count) in [("x", 0), ("x y; z", 1)] {
            let text = "steps: [{name: a, environment: {\(variables), E: '\(value)'}, commands: [\"echo '${A}'\"]}]\n"
            let warnings = try DifferencesTests.compile("kind: pipeline\ntype: exec\n" + text).warnings
            #expect(warnings.filter { $0.message.contains("between single quotes") }.count == count)
        }
    }

    // Some seconds without optimisation; hours where every quote looks back to the beginning.
    @Test("whose commands have very many quotes are read in time", .timeLimit(.minutes(1)))
    func manyQuotes() throws {
        let count = 120_000
        let ends = (0..<20_000).map { _ in "<<a " }.joined() + "\\n" + String(repeating: "a\\n", count: 20_000)
        for command in [
            String(repeating: "''", count: count), "cat <<" + String(repeating: "a", count: 2 * count),
            String(repeating: "🇩🇪", count: count / 5), ends,
        ] {
            let source = "steps: [{name: a, commands: [\"\(command)\"]}]\n"
            #expect(throws: Never.self) { try DifferencesTests.compile("kind: pipeline\ntype: exec\n" + source) }
        }
        // What is read by a shell is known however far back it began.
        for (command, count) in [("echo", 1), ("envsubst", 0), ("bash -x", 1), ("bash -x -c", 0)] {
            let quotes = command == "envsubst" || command == "echo" ? String(repeating: " ''", count: 1_000) : ""
            let source = "steps: [{name: a, commands: [\"\(command)\(quotes) '${DRONE_COMMIT_MESSAGE}'\"]}]\n"
            let warnings = try DifferencesTests.compile("kind: pipeline\ntype: exec\n" + source).warnings
            #expect(warnings.filter { $0.message.contains("between single quotes") }.count == count, "\(command)")
        }
    }

    @Test("that nest too deep are refused")
    func nesting() {
        for count in [100, 900, 5_000] {
            refuse("a: " + String(repeating: "[", count: count) + String(repeating: "]", count: count), .limit, .syntax)
            refuse(String(repeating: "[", count: count), path: "x.json", .limit)
            refuse(String(repeating: "{\"a\":", count: count), path: "x.json", .limit)
        }
        refuse((0..<500).map { String(repeating: " ", count: $0) + "a:\n" }.joined(), .limit, .syntax)
    }

    @Test("that are too large are refused")
    func size() {
        refuse("#" + String(repeating: "x", count: 2 << 20), .limit)
        refuse("steps:\n- {name: a, commands: [\"" + String(repeating: "x", count: 300_000) + "\"]}", .limit)
        refuse("[\"" + String(repeating: "x", count: 300_000) + "\"]", path: "x.json", .limit)
        refuse("a: [" + String(repeating: "1,", count: 300_000) + "]", .limit)
        refuse("[" + String(repeating: "1,", count: 300_000) + "1]", path: "x.json", .limit)
        var limits = SourceLimits()
        limits.steps = 2
        limits.stages = 1
        let three = "steps: [{name: a, commands: [a]}, {name: b, commands: [a]}, {name: c, commands: [a]}]"
        #expect(throws: DiagnosticList.self) {
            try Compiler.compile(source: three, path: "x.yml", context: Compiler.Context(limits: limits))
        }
        #expect(throws: DiagnosticList.self) {
            try Compiler.compile(
                source: "steps: [{name: a, commands: [a]}]\n---\nname: b\nsteps: [{name: a, commands: [a]}]",
                path: "x.yml",
                context: Compiler.Context(limits: limits))
        }
    }

    @Test("that are no text are refused")
    func encoding() {
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x61], [0x61, 0xC3], [0x61, 0x0A, 0xED, 0xA0, 0x80]] {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(bytes: bytes, path: "x.yml")
                Issue.record("it compiles")
            } catch {
                #expect(error.diagnostics.first?.code == .encoding)
            }
        }
        refuse("steps: [{name: \"a\0b\", commands: [a]}]", .encoding)
        refuse("[{\"step\": \"a\\u0000\", \"commands\": [\"a\"]}]", path: "x.json", .encoding)
        refuse("a: \u{1}", .encoding)
        #expect(throws: DiagnosticList.self) {
            try Compiler.compile(bytes: [UInt8](repeating: 0x20, count: 2 << 20), path: "x.yml")
        }
    }

    @Test("with a byte order mark or other line ends are read")
    func byteOrderMark() throws {
        let text = "\u{FEFF}kind: pipeline\r\nname: a\r\nsteps:\r\n- name: b\r\n  commands: [c]\r\n"
        #expect(try Compiler.compile(source: text, path: "x.yml").process.stages[0].steps[0].commands == ["c"])
        let json = "\u{FEFF}[{\"step\": \"a\", \"commands\": [\"b\"]}]"
        #expect(try Compiler.compile(source: json, path: "-").process.stages.count == 1)
        // YAML also ends lines here, and a mark may then be behind the last line there is.
        refuse("kind: pipeline\u{85}\u{2028}\rsteps:\r- name: a\r  commands: ['${steps.x.y}']\r", .unknownName)
    }

    @Test("never get more diagnostics than a person reads")
    func manyErrors() {
        let text = "steps:\n" + (0..<2_000).map { "- {name: s\($0), imgae: x}\n" }.joined()
        do throws(DiagnosticList) {
            _ = try Compiler.compile(source: text, path: "x.yml")
            Issue.record("it compiles")
        } catch {
            #expect(error.diagnostics.count == 100)
            #expect(error.summary.hasSuffix("(and 99 more)"))
        }
    }

    @Test("with braces that never close are read in time")
    func braces() throws {
        let text = String(repeating: "${x:-", count: 20_000)
        let process = try Compiler.compile(
            source: "steps: [{name: a, commands: ['\(text)']}]", path: "x.yml"
        ).process
        #expect(process.stages[0].steps[0].commands == [text])
    }

    @Test("whose steps could wait for each other in too many ways are refused")
    func tangle() {
        // Every second step may be left out, and then what waits for it waits for all it waits for.
        func text(_ count: Int) -> String {
            var text = "steps:\n"
            for number in 0..<count { text += "- {name: a\(number), image: x, commands: [a], depends_on: []}\n" }
            for number in 0..<count {
                let needed = number == 0 ? (0..<count).map { "a\($0)" } : ["b\(number - 1)"]
                text +=
                    "- {name: b\(number), image: x, commands: [a], when: {branch: z}, depends_on: [\(needed.joined(separator: ", "))]}\n"
                text += "- {name: c\(number), image: x, commands: [a], depends_on: [b\(number)]}\n"
            }
            return text
        }
        refuse(text(1_000), .limit)
        #expect(throws: Never.self) { try Compiler.compile(source: text(300), path: "x.yml") }
    }

    @Test("that a matrix or a template makes too large are refused before they are")
    func multiplied() throws {
        let axis = (0..<16).map(String.init).joined(separator: ", ")
        var text = "matrix: {A: [\(axis)], B: [\(axis)]}\nsteps:\n"
        for number in 0..<2_000 { text += "- {name: s\(number), image: x, commands: [a]}\n" }
        refuse(text, .limit)
        let template = Process(
            name: "t", parameters: ["p": Parameter(standard: "x")],
            stages: [Stage(name: "s", steps: (0..<100).map { Step(name: "\($0)", image: "x", commands: ["a"]) })])
        let loads = (0..<2_000).map { "kind: template\nload: t\nname: t\($0)\n" }.joined(separator: "---\n")
        do throws(DiagnosticList) {
            _ = try Compiler.compile(
                source: loads, path: "x.yml", context: Compiler.Context(components: ["t": template]))
            Issue.record("it compiles")
        } catch {
            #expect(error.diagnostics.map(\.code) == [.limit])
        }
        refuse(
            (0..<1_500).map { "kind: pipeline\nname: p\($0)\nsteps: [{name: a, commands: [a]}]\n" }.joined(
                separator: "---\n"), .limit)
    }

    // Some 0.2 s without optimisation; minutes where every expression looks at every step.
    @Test("with very many expressions, each of another step, are read in time", .timeLimit(.minutes(1)))
    func manyReferences() throws {
        let count = 3_000
        var text = "steps:\n- {name: s0, image: x, commands: [a], outputs: [o]}\n"
        for number in 1..<count {
            text += "- {name: s\(number), image: 'x:${steps.s\(number - 1).o}', commands: [a], outputs: [o]}\n"
        }
        #expect(try Compiler.compile(source: text, path: "x.yml").process.stages[0].steps.count == count)
    }

    @Test("with JSON that is almost right are explained")
    func json() throws {
        for (text, problem) in [
            ("", "ends where a value was expected"), ("[", "ends where a value was expected"),
            ("{'a': 1}", "a key in double quotes"),
            ("[1] x", "remove what follows"), ("[tru]", "“tru” is not a value"), ("['a']", "text is in double quotes"),
            ("[\"\\x\"]", "no escape like this"), ("[\"\\u12g4\"]", "four hexadecimal digits"),
            ("{\"a\" 1}", "“:” was expected"),
            ("[1 2]", "“,” or “]” was expected"), ("{\"a\": 1 \"b\"}", "“,” or “}” was expected"),
            ("[\"a", "is not closed"),
            ("[\"\\ud800\"]", "half of a surrogate pair"), ("[01]", "“01” is not a value"),
            ("[\"\\", "ends inside a text"),
            ("[1,]", "remove the “,” before"), ("[,]", "is not a value"), ("[\"\t\"]", "a control character"),
        ] {
            do throws(DiagnosticList) {
                _ = try Compiler.compile(source: text, path: "x.json")
                Issue.record("“\(text)” compiles")
            } catch {
                #expect(error.description.contains(problem), "\(text): \(error)")
            }
        }
        let escapes = #"[{"step": "é😀\"\\\/\b\f\n\r\té", "commands": ["a"]}]"#
        refuse(escapes, path: "x.json", .badValue)
        let fine = #"[{"step": "\u00e9\ud83d\ude00", "commands": ["\"\\\/\b\f\n\r\t\u0041"]}]"#
        let step = try Compiler.compile(source: fine, path: "x.json").process.stages[0].steps[0]
        #expect(step.name == "é😀" && step.commands == ["\"\\/\u{8}\u{C}\n\r\tA"])
    }
}

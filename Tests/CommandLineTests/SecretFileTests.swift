import Contracts
import FoundationEssentials
import PipelineLanguage
import Testing

@testable import CommandLine

@Suite struct SecretFileTests {
    @Test(arguments: [
        ("value\n", "value"), ("value\r\n", "value"), ("value", "value"), ("a\r\nb\r\n", "a\r\nb"), ("a\n\n", "a\n"),
        ("a\r\n\r\n", "a\r\n"), (" padded \n", " padded "), ("a\r", "a\r"), ("\n", ""), ("", ""),
    ])
    func oneLineBreakAtTheEndIsNoPartOfIt(text: String, secret: String) throws {
        // By bytes: to Swift a CR LF is one character.
        #expect(try Array(SecretFile.text(Array(text.utf8), of: "file").utf8) == Array(secret.utf8))
    }

    @Test func whatIsNoTextIsRefusedRatherThanChanged() {
        #expect(throws: CommandError.self) { try SecretFile.text([0xFF, 0xFE, 0x0A], of: "key.der") }
    }

    @Test func aFileThatCannotBeReadSaysWhy() throws {
        for (path, words) in [("/nonexistent/file", "there is no file"), ("/tmp", "is a folder")] {
            let error = #expect(throws: CommandError.self) { try InputFile.read(path, naming: "--file") }
            #expect(error?.message.contains(words) == true)
            #expect(error?.message.hasPrefix("--file names \(path): ") == true)
        }
        // As a shell's <(command) is one.
        #expect(try InputFile.read("/dev/null") == [])
    }

    @Test func aDocumentIsReadAsWhatItIs() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-documents-\(RunID.make())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: folder) } }
        let json = #"[{"step": "a", "commands": ["true"]}]"#
        let yaml = "steps: [{name: a, commands: [\"true\"]}]"
        for (name, text) in [
            ("a.json", json), ("noending", json), ("b.yml", yaml), ("noending2", yaml),
        ] {
            let file = folder.appending(path: name)
            try Data(text.utf8).write(to: file)
            let (document, warnings) = try DocumentFile.load(file.path())
            #expect(warnings.isEmpty)
            if text == json {
                #expect(document == [["step": "a", "commands": ["true"]]])
            } else {
                guard case .object(let members) = document else {
                    Issue.record("\(name)")
                    continue
                }
                #expect(members["stages"] != nil)
            }
        }
    }

    @Test(arguments: [
        ("a.json", #"[{"step": "a", "commands": ["true"], "outputs": ["x", "x"]}]"#),
        ("a.yml", "steps: [{name: a, commands: [\"true\"], outputs: [x, x]}]"),
    ])
    func whatLintWarnsOfIsTold(name: String, text: String) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(RunID.make())-\(name)")
        try Data(text.utf8).write(to: file)
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
        let (_, warnings) = try DocumentFile.load(file.path())
        #expect(warnings.map(\.message) == ["the output “x” is listed twice"])
    }
}

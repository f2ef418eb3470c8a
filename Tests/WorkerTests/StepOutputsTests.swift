import Contracts
import Glibc
import PipelineLanguage
import Secrets
import SystemPackage
import TestSupport
import Testing

@testable import Worker

@Suite struct StepOutputsTests {
    @Test(arguments: [
        ("a=1\nb=2", ["a": "1", "b": "2"]),
        ("a=1\r\nb=x=y\r\n\r\n", ["a": "1", "b": "x=y"]),
        ("a=\na=  two \t\n", ["a": "  two \t"]),
        ("\u{FEFF}a=1\nb=\u{FEFF}", ["a": "1", "b": "\u{FEFF}"]),
        // Only \n ends a line.
        (
            "a=one\u{0C}two\u{2028}three\u{85}four\u{0B}five\rsix\n",
            ["a": "one\u{0C}two\u{2028}three\u{85}four\u{0B}five\rsix"]
        ),
        // Between marks anything goes.
        (
            "notes<<END\nline one\nversion=evil\n\n#x\n END\nEND\nversion=1",
            [
                "notes": "line one\nversion=evil\n\n#x\n END", "version": "1",
            ]
        ),
        ("a<<E O F\r\nx\r\ny\r\nE O F\r\n", ["a": "x\ny"]),
        ("a<<E\nE\nb<<E\n\nE", ["a": "", "b": ""]),
        ("a=<<E\nb=x<<y", ["a": "<<E", "b": "x<<y"]),
        // In quotes, as a dotenv file has it.
        ("a=\"one\nb=evil\ntwo\"\nc='x\\n\"y\nz' # why\n", ["a": "one\nb=evil\ntwo", "c": "x\\n\"y\nz"]),
        ("a=\"q \\\"b\\\" \\\\ \\n \\t \\x $X\"", ["a": "q \"b\" \\ \n \t \\x $X"]),
        (
            "a=\"b\" and c\nd='e'f\ng={\"h\":\"i\"}\nj=it's",
            ["a": "\"b\" and c", "d": "'e'f", "g": "{\"h\":\"i\"}", "j": "it's"]
        ),
        ("# a comment\n\n  export A_1=x\nexport\tb-c=\"\"\n  # another=one\n", ["A_1": "x", "b-c": ""]),
        ("", [:]),
    ])
    func isRead(_ it: (text: String, outputs: [String: String])) throws {
        #expect(try StepOutputs.parse(it.text.utf8) == it.outputs)
    }

    @Test(arguments: [
        ("a=1\nnotes\n", "line 2 of $SLIPWAY_OUTPUT: “notes” is neither name=value nor name<<MARK"),
        ("=x", "“” is not a valid output name"), ("a b=x", "“a b” is not a valid output name"),
        ("a=1\napp.name=x\n", "line 2 of $SLIPWAY_OUTPUT: “app.name” is not a valid output name"),
        ("app.name=x", "leave the line out, as by grep -E '^[A-Za-z0-9_-]+=' .env >> \"$SLIPWAY_OUTPUT\""),
        ("é=x", "“é” is not a valid output name"), ("a<b", "“a<b” is neither name=value"),
        ("a<<\nx", "“a<<” lacks the mark"),
        ("a<<END\nx\n END\n", "the value of “a” has no end: there is no line “END”"),
        ("a=\"open\nb=1\n", "the value of “a” begins with a quote that is not closed"),
        ("a=\"one\ntwo\" three\n", "line 2 of $SLIPWAY_OUTPUT: after the quote that ends the value of “a”"),
    ])
    func isRefused(_ it: (text: String, reason: String)) {
        let error = #expect(throws: JobFailure.self) { try StepOutputs.parse(it.text.utf8) }
        #expect(error?.reason.contains(it.reason) == true, "\(error?.reason ?? "")")
    }

    @Test(arguments: [
        ("a=1\nb=\u{E9}", 2, "b"), ("b<<E\none\ntwo \u{E9}\nE\n", 3, "b"), ("b=\"one\n\u{E9}\"", 2, "b"),
        ("# \u{E9}\na=x\0y", 2, "a"), ("a=\u{FF}\u{FE}x\n", 1, "a"),
    ])
    func bytesThatAreNoTextAreNotAltered(_ it: (latin1: String, line: Int, name: String)) {
        let bytes = it.latin1.unicodeScalars.map { UInt8($0.value) }
        let error = #expect(throws: JobFailure.self) { try StepOutputs.parse(bytes) }
        #expect(
            error?.reason
                == "line \(it.line) of $SLIPWAY_OUTPUT: the value of “\(it.name)” is not UTF-8 text, or has a NUL in it; "
                + "hand such bytes on in base64, as by echo \"\(it.name)=$(base64 -w 0 FILE)\" >> \"$SLIPWAY_OUTPUT\"")
    }

    @Test func aCommentIsNoValueAndAReplacementCharacterIsText() throws {
        #expect(try StepOutputs.parse(Array("# ".utf8) + [0xE9] + Array("\na=\u{FFFD}\n".utf8)) == ["a": "\u{FFFD}"])
    }

    @Test(arguments: [
        "notes=", "a=1\nnotes<<E\n", "notes=\"\n", "a=1\nno output\nnotes=",
        // What is cut off is not what is long: a name, a small value, one without a name.
        "a=1\nnotes=\(String(repeating: "x", count: 60_000))\nb=1\nother=\(String(repeating: "x", count: 5_000))",
        "notes=\(String(repeating: "x", count: StepOutputs.limit - 10))\nother",
        "notes=\(String(repeating: "x", count: StepOutputs.limit - 100))\n",
    ])
    func whatIsTooLongIsNamed(_ text: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("output")
            let descriptor = try FileDescriptor.open(
                file, .writeOnly, options: [.create], permissions: .ownerReadWrite)
            let long = text + String(repeating: "é", count: StepOutputs.limit)
            try descriptor.closeAfter { _ = try descriptor.writeAll(long.utf8) }
            let error = #expect(throws: JobFailure.self) { try StepOutputs.read(file) }
            #expect(
                error?.reason
                    == "the step's outputs are longer than 65536 bytes, the longest of them “notes”; leave what is large in a "
                    + "file, and hand on its path")
        }
    }

    @Test func aPipeInPlaceOfTheFileIsToldAndNotWaitedFor() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("output")
            #expect(mkfifo(file.string, 0o600) == 0)
            let error = #expect(throws: JobFailure.self) { try StepOutputs.read(file) }
            #expect(error?.reason == "the step's outputs cannot be read: it is no regular file any more")
        }
    }

    @Test func onlyWhatIsListedIsKept() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.appending("output")
            let descriptor = try FileDescriptor.open(
                file, .writeOnly, options: [.create], permissions: .ownerReadWrite)
            try descriptor.closeAfter { _ = try descriptor.writeAll("a=1\nb=2\nc<<E\nx\nE\n".utf8) }
            let log = MemoryLog()
            #expect(try await step(outputs: ["a", "d"], log).outputs(in: file) == ["a": "1"])
            #expect(
                log.text
                    == "the output “b” is not among the step's “outputs”, and is dropped\n"
                    + "the output “c” is not among the step's “outputs”, and is dropped\n")
            #expect(try await step(outputs: [], log).outputs(in: file) == ["a": "1", "b": "2", "c": "x"])
            #expect(try await step(outputs: [], log).outputs(in: directory.appending("none")) == [:])
        }
    }

    private func step(outputs: [String], _ log: MemoryLog) throws -> StepRun {
        let step = Step(name: "s", commands: ["x"], outputs: outputs)
        let grant = JobGrant(
            job: JobID(rawValue: "j"), run: RunID(rawValue: "r"), attempt: 1, leaseSeconds: 1, timeoutSeconds: 1,
            repository: RepositoryPath(rawValue: "shop/web"),
            commit: Commit(
                sha: String(repeating: "a", count: 40), message: "m", authorName: "Ada",
                authorEmail: "ada@example.org", committedAt: .now), ref: "refs/heads/main",
            stage: try JSONValue(encoding: Stage(name: "main", steps: [step])), steps: ["s"])
        let keys = try KeyRing("k1:" + String(repeating: "A", count: 43) + "=")
        return StepRun(
            job: try GrantedJob(grant, keys: keys, for: .builder(pool: "default")), step: step, outputs: [:], log: log)
    }
}

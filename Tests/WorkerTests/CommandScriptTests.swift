import Glibc
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Worker

/// The shells of this machine that a step's image may have as well.
enum TestShell: String, CaseIterable, Sendable {
    case dash, bash, busybox

    static var present: [TestShell] { allCases.filter { access($0.program, F_OK) == 0 } }

    private var program: String { "/bin/\(rawValue)" }

    /// What a step's `shell` is for it; busybox is a shell by the name it is called.
    func path(in directory: FilePath) throws -> String {
        guard self == .busybox else { return program }
        let link = directory.appending("sh").string
        guard symlink(program, link) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        return link
    }
}

/// The script of a step's commands, read by real shells.
@Suite(.serialized, .timeLimit(.minutes(5))) struct CommandScriptTests {
    private func run(_ commands: [String], in shell: TestShell) async throws -> (outcome: ProcessOutcome, log: String) {
        try await withTemporaryDirectory { directory in
            let work = directory.appending("work")
            let scratch = directory.appending("scratch")
            try FileTree.make(work)
            try FileTree.make(scratch)
            let runner = ProcessRunner(
                worker: "test-\(UInt64.random(in: .min ... .max))", logger: Logger(label: "test"))
            let log = MemoryLog()
            let command = ShellCommand(
                commands: commands, shell: try shell.path(in: directory), environment: [:], workingDirectory: work)
            let outcome = try await runner.run(command, scratch: scratch, job: "j", attempt: 1, log: log)
            #expect(!log.text.contains(directory.string), "an internal path: \(log.text)")
            #expect(!log.text.contains("slipway_"), "what is generated: \(log.text)")
            return (outcome, log.text)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var commands: [String]
        var log: String
        var code: Int32 = 0
        var testDescription: String { name }
    }

    /// Where all shells say the same.
    static let same: [Case] = [
        Case(
            name: "directory, variables, functions and arguments carry over",
            commands: [
                "mkdir d; cd d; X=5; f() { echo \"f $1\"; }; set -- a b", "f $X; pwd | sed 's,.*/,,'", "echo $2",
            ],
            log: "+ mkdir d; cd d; X=5; f() { echo \"f $1\"; }; set -- a b\n+ f $X; pwd | sed 's,.*/,,'\nf 5\nd\n"
                + "+ echo $2\nb\n"),
        Case(
            name: "exit ends the step", commands: ["echo a", "exit 3", "echo b"], log: "+ echo a\na\n+ exit 3\n",
            code: 3),
        Case(name: "exit 0 too", commands: ["exit 0", "false"], log: "+ exit 0\n"),
        Case(
            name: "a command of several lines stops at its first failure", commands: ["echo a\nfalse\necho b"],
            log: "+ echo a\nfalse\necho b\na\n", code: 1),
        Case(
            name: "what may fail fails nothing, and its status is there",
            commands: ["! true", "echo $?", "false && true", "test -f none || (exit 3) && :", "echo $?"],
            log: "+ ! true\n+ echo $?\n1\n+ false && true\n+ test -f none || (exit 3) && :\n+ echo $?\n3\n"),
        Case(
            name: "the last command's status is the step's", commands: ["false && true"], log: "+ false && true\n",
            code: 1),
        Case(
            name: "set +e holds until set -e",
            commands: ["set +e", "(exit 7)", "echo $?", "set -e", "(exit 8)", "echo"],
            log: "+ set +e\n+ (exit 7)\n+ echo $?\n7\n+ set -e\n+ (exit 8)\n", code: 8),
        Case(
            name: "other options hold as well", commands: ["set -euf; IFS=x", "echo * axb", "echo ${none-y} $1"],
            log: "+ set -euf; IFS=x\n+ echo * axb\n* axb\n+ echo ${none-y} $1\n", code: -1),
        Case(
            name: "a here-document ends where its end is",
            commands: [
                "cat > f <<END\n  a $((1 + 1))\nEND\ncat > g <<-'E F'\n\tb $X `c`\n\tE F\n",
                "cat f g; cat <<A; cat <<B\n1\nA\n2\nB", "echo $((1<<2)) '<<END'",
            ],
            log: "+ cat > f <<END\n  a $((1 + 1))\nEND\ncat > g <<-'E F'\n\tb $X `c`\n\tE F\n"
                + "+ cat f g; cat <<A; cat <<B\n1\nA\n2\nB\n  a 2\nb $X `c`\n1\n2\n+ echo $((1<<2)) '<<END'\n4 <<END\n"),
        Case(
            name: "a line that goes on at the end of a command ends there",
            commands: ["echo one \\\n two \\\n", "echo b"],
            log: "+ echo one \\\n two \\\none two\n+ echo b\nb\n"),
        Case(
            name: "comments and nothing", commands: ["# it's a comment ||", "", "echo a # don't"],
            log: "+ # it's a comment ||\n+ \n+ echo a # don't\na\n"),
        Case(
            name: "text of any kind is shown as it is",
            commands: ["printf '%s\\n' 'it'\\''s' \"%d \\\\n $((2)) '\u{301}é\""],
            log: "+ printf '%s\\n' 'it'\\''s' \"%d \\\\n $((2)) '\u{301}é\"\nit's\n%d \\n 2 '\u{301}é\n"),
        Case(
            name: "the trace keeps out of what is redirected",
            commands: ["exec > f", "echo data", "cat f >&2"], log: "+ exec > f\n+ echo data\n+ cat f >&2\ndata\n"),
        Case(
            name: "other outputs stay as they are, and errors may be closed",
            commands: ["exec 3> f", "echo x >&3", "exec 3>&-; cat f", "exec 2>&-", "echo still", "(exit 5)"],
            log: "+ exec 3> f\n+ echo x >&3\n+ exec 3>&-; cat f\nx\n+ exec 2>&-\nstill\n", code: 5),
        Case(
            name: "functions with the names of what is generated are the step's alone",
            commands: [
                "printf() { echo \"my printf\"; return 1; }; shopt() { echo mine; }; test() { return 1; }", "echo a",
                "printf x || echo b", "(exit 6)",
            ],
            log: "+ printf() { echo \"my printf\"; return 1; }; shopt() { echo mine; }; test() { return 1; }\n"
                + "+ echo a\na\n+ printf x || echo b\nmy printf\nb\n+ (exit 6)\n", code: 6),
        Case(
            name: "a trap runs at the end", commands: ["trap 'echo bye $?' EXIT", "(exit 4)"],
            log: "+ trap 'echo bye $?' EXIT\n+ (exit 4)\nbye 4\n", code: 4),
        Case(
            name: "a background job is known to the next command", commands: ["echo x > f & p=$!", "wait $p; cat f"],
            log: "+ echo x > f & p=$!\n+ wait $p; cat f\nx\n"),
        Case(
            name: "many commands", commands: (1...502).map { $0 == 502 ? "echo $X" : "X=\($0)" },
            log: (1...501).map { "+ X=\($0)\n" }.joined() + "+ echo $X\n501\n"),
    ]

    @Test(arguments: same, TestShell.present) func allShellsAgree(_ it: Case, _ shell: TestShell) async throws {
        let result = try await run(it.commands, in: shell)
        if it.code < 0 {
            #expect(!result.outcome.isSuccess)
            #expect(result.log.hasPrefix(it.log), "\(result.log)")
        } else {
            #expect(result.outcome == .exited(it.code))
            #expect(result.log == it.log)
        }
    }

    /// What a command leaves open is its own error: red, and the next never runs.
    @Test(
        arguments: [
            ["test -f none ||", "echo reached"], ["true &&", "echo reached"], ["echo x |", "echo reached"],
            ["true || # why\n\n", "echo reached"], ["echo \"open", "echo \"reached\""],
            ["echo 'open", "echo reached'"],
            ["if true; then", "echo reached", "fi"], ["f()", "echo reached"], ["echo $(", "echo reached", ")"],
            ["{", "echo reached", "}"], ["set +e; echo \"open", "echo reached"], ["cat <<A |\nA\n", "echo reached"],
            ["fi", "echo reached"],
        ], TestShell.present)
    func whatIsLeftOpenFails(_ commands: [String], _ shell: TestShell) async throws {
        let result = try await run(commands, in: shell)
        #expect(result.outcome.exitCode == 2)
        #expect(result.outcome.reason?.contains("each of the list is read by itself") == true)
        #expect(!result.log.contains("+ echo reached") && !result.log.contains("\nreached"), "\(result.log)")
        #expect(result.log.lowercased().contains("commands: "), "the shell says why: \(result.log)")
    }

    @Test(
        arguments: [
            ("cat > f <<END\n  port = 80\n  END\n", "END"), ("cat <<END", "END"), ("cat <<'E F' && exit 0\nx", "E F"),
            ("cat <<-A <<B\n\tA\nB \n", "B"), ("cat <<END\nx\nEND;\n", "END"), ("if true; then cat <<X\nfi", "X"),
        ], TestShell.present)
    func aHereDocumentWithoutItsEndFails(_ it: (command: String, end: String), _ shell: TestShell) async throws {
        let result = try await run([it.command, "echo reached", "exit 3"], in: shell)
        #expect(result.outcome.exitCode == 2)
        #expect(result.outcome.reason?.contains("has no line “\(it.end)”") == true, "\(result.outcome)")
        #expect(!result.log.contains("reached"), "\(result.log)")
    }

    /// Lines count as the person wrote them, from the first command on.
    @Test(arguments: TestShell.present) func errorsNameTheLine(_ shell: TestShell) async throws {
        let found = try await run(["echo a\n\necho b", "# c", "echo d\nnosuchprogram x"], in: shell)
        #expect(found.outcome == .exited(127))
        let said = try #require(found.log.split(separator: "\n").last)
        #expect(said.hasPrefix("commands: "))
        #expect(said.contains("6: ") && said.contains("nosuchprogram"), "\(said)")
        let late = try await run(
            [String](repeating: ":", count: 499) + ["nosuch1 || :", ":", "nosuch2 || :"]
                + [String](repeating: ":", count: 1000) + ["nosuch3"], in: shell)
        let lines = late.log.split(separator: "\n").filter { $0.hasPrefix("commands: ") }
        for (said, number) in zip(lines, [500, 502, 1503]) { #expect(said.contains("\(number): "), "\(said)") }
        #expect(lines.count == 3)
        let syntax = try await run(["echo a", "echo b\necho (c)"], in: shell)
        #expect(syntax.outcome.exitCode == 2)
        #expect(syntax.log.contains("3: "), "\(syntax.log)")
    }

    @Test(arguments: TestShell.present) func aShellsOwnTraceShowsTheCommandsAlone(_ shell: TestShell) async throws {
        let result = try await run(["set -x", "echo a", "set +x", "echo b"], in: shell)
        // Bash shows by a second + that something evaluates it.
        let log = result.log.split(separator: "\n").map { $0.hasPrefix("++") ? $0.dropFirst() : $0 }
        #expect(log == ["+ set -x", "+ echo a", "+ echo a", "a", "+ set +x", "+ set +x", "+ echo b", "b"])
    }

    @Test func bashReadsWhatTheCommandTurnsOn() async throws {
        guard TestShell.present.contains(.bash) else { return }
        let result = try await run(
            ["shopt -s extglob\ncase abc in !(z)) echo other ;; esac", "if [[ a == a* ]]; then echo bash; fi"],
            in: .bash)
        #expect(result.outcome == .exited(0))
        #expect(result.log.contains("\nother\n") && result.log.hasSuffix("\nbash\n"), "\(result.log)")
    }

    @Test("a trap for every command runs for the step's commands, and prints nothing for what is generated")
    func aTrapForEveryCommand() async throws {
        guard TestShell.present.contains(.bash) else { return }
        let commands = [
            "trap 'echo \"[$LINENO $BASH_COMMAND]\"' DEBUG", "echo a", "f() { echo b; }\nf", "set -T", "f", "set +T",
            "trap - DEBUG", "trap 'echo end' EXIT", "cat <<E",
        ]
        let result = try await run(commands, in: .bash)
        #expect(result.outcome.exitCode == 2)
        #expect(
            result.log == """
                + trap 'echo "[$LINENO $BASH_COMMAND]"' DEBUG
                + echo a
                [2 echo a]
                a
                + f() { echo b; }
                f
                [4 f]
                b
                + set -T
                [5 set -T]
                + f
                [6 f]
                [3 f]
                [3 echo b]
                b
                + set +T
                [7 set +T]
                + trap - DEBUG
                [8 trap - DEBUG]
                + trap 'echo end' EXIT
                + cat <<E
                end

                """, "\(result.log)")
    }

    @Test("what is generated is in no program's environment, also where all that is assigned is to be")
    func exportingAll() async throws {
        for shell in TestShell.present {
            let result = try await run(
                [
                    "set -a", "A=5", "! true", "env | grep 'slipway[_]' || :", "set +a", "B=6", "sh -c 'echo $A-$B'",
                    "env | grep 'slipway[_]' || :",
                ],
                in: shell)
            #expect(result.outcome == .exited(0))
            #expect(result.log.contains("\n5-\n"), "\(shell): \(result.log)")
        }
    }

    @Test("a command that closes what it did not open is told, and runs in no part", arguments: TestShell.present)
    func closing(_ shell: TestShell) async throws {
        for command in ["else echo ran", "fi; echo ran; if true; then :", "done", "done; echo ran", "}; echo ran; {"] {
            let result = try await run(["echo first", command], in: shell)
            #expect(result.outcome != .exited(0))
            #expect(!result.log.split(separator: "\n").contains("ran"), "\(result.log)")
        }
    }

    @Test func aShellIsAPathOrAName() {
        #expect(CommandScript.interpreter(nil) == "/bin/sh")
        #expect(CommandScript.interpreter("bash") == "/bin/bash")
        #expect(CommandScript.interpreter("/opt/bin/zsh") == "/opt/bin/zsh")
    }
}

import Testing

@testable import PipelineLanguage

@Suite struct ShellScannerTests {
    @Test(arguments: [
        ("cat <<'E O F'\nx\nE O F\n", nil), ("cat <<\"a b\" <<c\n1\na b\n2\nc\n", nil),
        ("cat <<'E O F'\nx\nE\n", "“<<E O F” without “E O F”"), ("cat <<'E'F && ls\nEF\n", nil),
        ("cat <<'E'; ls\nx\n", "“<<E” without “E”"),
    ])
    func theEndOfAHereDocumentMayHaveBlanks(script: String, problem: String?) {
        #expect(ShellScanner.incompleteness(of: script) == problem)
    }

    @Test(arguments: [
        (["sh", "-ec", "x"], 2), (["env", "A=b", "/bin/bash", "-o", "pipefail", "-c", "x"], 6),
        (["mksh", "-c", "x"], 2),
        (["su", "app", "-c", "x"], 3), (["/sbin/runuser", "-u", "app", "-lc", "x"], 4),
        (["su", "-", "app", "--command", "x"], 4), (["su", "app"], nil), (["kubectl", "-c", "x"], nil),
    ])
    func whatAShellIsToRunIsAScript(words: [String], script: Int?) {
        #expect(ShellName.script(in: words) == script)
    }
}

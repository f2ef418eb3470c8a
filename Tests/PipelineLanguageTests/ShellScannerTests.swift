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
}

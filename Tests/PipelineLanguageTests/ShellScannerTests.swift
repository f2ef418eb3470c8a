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

    @Test(
        "each word that a shell is told to run is a script",
        arguments: [
            (["sh", "-ec", "x"], [2]), (["env", "A=b", "/bin/bash", "-o", "pipefail", "-c", "x"], [6]),
            (["mksh", "-c", "x"], [2]), (["bash", "--rcfile", "/x", "-c", "x"], [4]),
            (["su", "app", "-c", "x"], [3]), (["/sbin/runuser", "-u", "app", "-lc", "x"], [4]),
            (["su", "-", "app", "--command", "x"], [4]), (["su", "--command=x", "app"], [1]), (["su", "app"], []),
            (["kubectl", "-c", "x"], []), (["flock", "/lock", "-c", "x"], [3]), (["env", "-S", "sh -c 'x'"], [2]),
            (["sh", "-c", "\"$@\"", "sh", "sh", "-c", "x"], [2, 6]), (["sh", "-c", "x", "data"], [2]),
            (["sh", "-c", "x", "&&", "bash", "-c", "y"], [2, 6]),
        ] as [([String], Set<Int>)])
    func whatAShellIsToRunIsAScript(words: [String], scripts: Set<Int>) {
        #expect(ShellName.scripts(in: words) == scripts)
    }

    @Test(
        "each word that another program is told to run is code",
        arguments: [
            (["python", "-c", "x"], [1, 2]), (["/usr/bin/python3.12", "-uc", "x", "data"], [1, 2]),
            (["python", "-cx"], [1]), (["uv", "run", "python3", "-W", "ignore", "-c", "x"], [5, 6]),
            (["python", "app.py", "-c", "x"], []), (["python", "-m", "app", "data", "-c", "x"], []),
            (["node", "-e", "x"], [1, 2]), (["node", "-r", "y", "--eval=x"], [3]),
            (["pwsh", "-Command", "x", "y"], [1, 2, 3]),
            (["deno", "eval", "x"], [1, 2]), (["deno", "eval", "--ext=ts", "x"], [1, 2, 3]),
            (["perl", "-lne", "x", "file"], [1, 2]), (["perl", "-E", "x"], [1, 2]),
            (["ruby", "-r", "json", "-e", "x"], [3, 4]),
            (["php", "-r", "x"], [1, 2]), (["awk", "-F", ":", "-v", "a=b", "x", "file"], [5]),
            (["busybox", "awk", "x"], [2]), (["awk", "-f", "file", "data"], []),
            (["ssh", "-p", "22", "host", "x"], [1, 2, 3, 4]),
            (["ssh-agent", "x"], []), (["fish", "-c", "x"], [1, 2]), (["sh", "-c", "x"], []),
        ] as [([String], Set<Int>)])
    func whatAnInterpreterIsToRunIsCode(words: [String], code: Set<Int>) {
        #expect(ShellName.code(in: words) == code)
    }
}

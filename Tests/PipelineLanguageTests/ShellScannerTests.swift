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
        "each word that another program is told to run is code, also of a program that nobody knows",
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
            (["nix-shell", "-p", "git", "--run", "x"], [3, 4]), (["nix", "eval", "--expr=x"], [2]),
            (["watch", "-n", "1", "x"], [1, 2, 3]), (["parallel", "x", ":::", "y"], [1, 2, 3]),
            (["tmux", "new", "-d", "x"], [1, 2, 3]), (["expect", "-c", "x"], [1, 2]),
            (["erl", "-noshell", "-eval", "x"], [2, 3]), (["swift", "-e", "x"], [1, 2]),
            (["swift", "run", "-c", "release", "app", "-e", "x"], []), (["scala", "-e", "x"], [1, 2]),
            (["clojure", "-M", "-e", "x"], [2, 3]), (["ghc", "-e", "x"], [1, 2]), (["osascript", "-e", "x"], [1, 2]),
            (["gdb", "-batch", "-ex", "x", "app"], [2, 3]), (["plink", "host", "x"], [1, 2]),
            (["gcloud", "compute", "ssh", "vm", "--command", "x"], [3, 4, 5]),
            (["psql", "shop", "-Atc", "x"], [2, 3]), (["mysql", "-u", "me", "-e", "x"], [3, 4]),
            (["sqlite3", "-bail", "file", "x", "y"], [3, 4]), (["sqlcmd", "-S", "host", "-Q", "x"], [3, 4]),
            (["sed", "-i", "x", "file"], [2]), (["sed", "-n", "-e", "x", "file"], [2, 3]),
            (["sed", "-i.bak", "-re", "x", "file"], [2, 3]), (["sed", "--expression=x", "file"], [1]),
            (["sed", "-f", "file", "data"], []), (["sed", "--", "x", "file"], [2]),
            (["jq", "-r", "--arg", "a", "data", "x", "file"], [5]), (["jq", "-f", "file", "data"], []),
            (["yq", "-i", "eval", "x", "file"], [3]), (["make", "-C", "app", "all", "A=x"], [4]),
            (["npx", "-c", "x"], [1, 2]), (["sg", "group", "x"], [2]), (["sg", "group", "-c", "x"], [2]),
            (["ansible", "all", "-m", "shell", "-a", "x"], [4, 5]), (["ncat", "-l", "--sh-exec", "x"], [2, 3]),
            (["mongosh", "--quiet", "--eval", "x"], [2, 3]),
            (["redis-cli", "-h", "host", "EVAL", "x", "0"], [3, 4, 5]),
            (["docker", "run", "--health-cmd", "x", "image"], [2, 3]), (["anything", "--init-command=x"], [1]),
            (["anything", "--exit-code", "x", "--command-timeout", "1"], []), (["su", "app", "--command", "x"], [2]),
            (["find", ".", "-exec", "grep", "data", "{}", ";"], [2, 3]),
            (["ssh", "host", "sh", "-c", "x"], [1, 2, 3, 4]),
        ] as [([String], Set<Int>)])
    func whatAnInterpreterIsToRunIsCode(words: [String], code: Set<Int>) {
        #expect(Set(CodeWords.places(in: words).keys) == code)
    }
}

/// What a step names as the shell of its commands.
public enum ShellName {
    /// The program: `/bin/bash` for `bash`.
    public static func program(_ shell: String) -> String { shell.contains("/") ? shell : "/bin/\(shell)" }

    /// Whether a program of this name reads scripts as sh does.
    static func isShell(_ program: String) -> Bool {
        ["sh", "bash", "ash", "dash", "ksh", "mksh", "zsh"].contains(program.split(separator: "/").last ?? "")
    }

    /// Programs that give the word behind `-c` to a shell, whatever stands between.
    private static let launchers: Set<Substring> = ["su", "runuser", "sg", "flock", "script"]

    /// What an image's own entrypoint is taken for where nobody knows it.
    static let unknownEntrypoint = ["sh"]

    /// Which of the words of a call are scripts: what follows the `-c` of a shell, wherever that stands among the words; and
    /// what `env -S` splits, in which it replaces variables itself.
    static func scripts(in words: [String]) -> Set<Int> {
        var scripts: Set<Int> = []
        for start in words.indices {
            let program = words[start].split(separator: "/").last ?? ""
            if isShell(words[start]) {
                if let script = script(ofShell: start, in: words) { scripts.insert(script) }
            } else if launchers.contains(program) {
                scripts.formUnion(behind("c", "--command", of: start, in: words))
            } else if program == "env" {
                scripts.formUnion(behind("S", "--split-string", of: start, in: words))
            }
        }
        return scripts
    }

    private static func script(ofShell start: Int, in words: [String]) -> Int? {
        var position = start + 1
        var isScript = false
        while position < words.count, let sign = words[position].first, sign == "-" || sign == "+" {
            let option = words[position]
            position += 1
            if option == "--" { break }
            if option.hasPrefix("--") {
                if option == "--rcfile" || option == "--init-file" { position += 1 }
                continue
            }
            if sign == "-", option.contains("c") { isScript = true }
            // As `-o pipefail`.
            if option.last == "o" || option.last == "O" { position += 1 }
        }
        return isScript && position < words.count ? position : nil
    }

    /// The words that an option has, which may be in the same word: `-c x`, `--command x`, `--command=x`.
    private static func behind(_ short: Character, _ long: String, of start: Int, in words: [String]) -> [Int] {
        words.indices.dropFirst(start + 1).compactMap { position in
            let word = words[position]
            if word.hasPrefix("\(long)=") { return position }
            let isOption = word == long || word.hasPrefix("-") && !word.hasPrefix("--") && word.last == short
            return isOption && position + 1 < words.count ? position + 1 : nil
        }
    }

    /// Why a program cannot be a shell of commands, as far as its name tells; `nil` where it can. Any other would take the
    /// script for its own and show it.
    public static func problem(_ shell: String) -> String? {
        if shell.contains(where: \.isWhitespace) {
            return
                "the shell “\(shell)” has a blank in it, and is one program: options are set in the commands, as by “set -u”"
        }
        guard !shell.contains("/") || shell.hasPrefix("/") else {
            return "the shell “\(shell)” is neither a name, such as bash, nor a path that begins with “/”"
        }
        let file = shell.split(separator: "/").last ?? ""
        let name = file.prefix { $0 != "-" && $0 != "." && !$0.isNumber }
        guard !name.hasSuffix("sh") || otherShells.contains(String(name)) else { return nil }
        let call = name.isEmpty ? "" : ", such as “\(name) script”"
        return
            "the shell “\(shell)” does not read commands as sh does; write sh or bash, say, and in the commands what that "
            + "program is to run\(call)"
    }

    /// Shells with a language of their own.
    private static let otherShells: Set<String> = ["csh", "tcsh", "fish", "pwsh", "xonsh", "tclsh", "wish"]
}

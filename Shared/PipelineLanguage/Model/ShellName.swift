/// What a step names as the shell of its commands.
public enum ShellName {
    /// The program: `/bin/bash` for `bash`.
    public static func program(_ shell: String) -> String { shell.contains("/") ? shell : "/bin/\(shell)" }

    /// Whether a program of this name reads scripts as sh does.
    static func isShell(_ program: String) -> Bool {
        ["sh", "bash", "ash", "dash", "ksh", "mksh", "zsh"].contains(program.split(separator: "/").last ?? "")
    }

    /// Programs that give the word behind `-c` to another user's shell, whatever stands between.
    private static let launchers: Set<Substring> = ["su", "runuser"]

    /// Which of the words of a call is a script: what follows the `-c` of a shell.
    static func script(in words: [String]) -> Int? {
        if let start = words.firstIndex(where: { launchers.contains($0.split(separator: "/").last ?? "") }),
            let option = words[start...].firstIndex(where: { word in
                word == "--command" || word.hasPrefix("-") && !word.hasPrefix("--") && word.hasSuffix("c")
            }), option + 1 < words.count
        {
            return option + 1
        }
        for start in words.indices where isShell(words[start]) {
            var position = start + 1
            var isScript = false
            while position < words.count, let sign = words[position].first, sign == "-" || sign == "+" {
                let option = words[position]
                position += 1
                if option == "--" { break }
                guard !option.hasPrefix("--") else { continue }
                if sign == "-", option.contains("c") { isScript = true }
                // As `-o pipefail`.
                if option.last == "o" || option.last == "O" { position += 1 }
            }
            if isScript, position < words.count { return position }
        }
        return nil
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

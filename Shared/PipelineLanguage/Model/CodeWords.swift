/// Which words of a call are code: what the program that it starts runs in a language of its own, or gives to a shell, on
/// this machine or another.
///
/// No list of programs is complete. So besides the programs that are known here, an option whose own name says that it
/// takes code, such as `--eval` or `--health-cmd`, is believed of any program.
enum CodeWords {
    /// - Returns: the places of such words, each with what takes it for code.
    static func places(in words: [String]) -> [Int: String] {
        let scripts = ShellName.scripts(in: words)
        var places: [Int: String] = [:]
        for start in words.indices {
            if isCodeOption(words[start]) {
                let name = words[start].prefix { $0 != "=" }
                for place in behind(start, in: words) where !scripts.contains(place) { places[place] = "“\(name)”" }
            }
            let name = name(of: words[start])
            guard let form = forms[name] else { continue }
            for place in form.places(behind: start, in: words)
            where words.indices.contains(place) && (form.isLine || !scripts.contains(place)) {
                places[place] = name
            }
        }
        return places
    }

    /// What to do about a value that must not be written into code.
    /// - Parameter variable: which has the value where the code runs.
    static func remedy(variable: String?, for program: String) -> String {
        let words =
            variable.map { "let the code read the variable \($0)" }
            ?? "give it a variable in “environment”, and let the code read that"
        return program.hasSuffix("ssh") ? words + " (“-o SendEnv=NAME” hands one on)" : words
    }

    /// A program's name without its folder, its version and `.exe`.
    private static func name(of program: String) -> String {
        var name = program.split(separator: "/").last ?? ""
        if name.hasSuffix(".exe") { name = name.dropLast(4) }
        while let last = name.last, last.isNumber || last == "." { name.removeLast() }
        return name.hasSuffix("awk") ? "awk" : String(name)
    }

    /// Whether an option says by its name that it takes code: `--eval`, `-exec`, `--init-command`.
    private static func isCodeOption(_ word: String) -> Bool {
        guard word.hasPrefix("-") else { return false }
        let name = word.drop { $0 == "-" }.prefix { $0 != "=" && $0 != ":" }.lowercased()
        return name.split(separator: "-").last.map(codeOptions.contains) ?? false
    }

    private static let codeOptions: Set<Substring> = [
        "eval", "evaluate", "exec", "execute", "command", "commands", "cmd",
    ]

    /// The words with an option's value: its own, or also the next.
    fileprivate static func behind(_ option: Int, in words: [String]) -> [Int] {
        words[option].contains("=") ? [option] : [option, option + 1].filter(words.indices.contains)
    }
}

/// Where a program's call has code.
private enum CodeForm {
    /// Behind one of these options, as far as options go: what follows a program's file is that file's own.
    case options(String, [String])
    /// Behind one of these options, wherever it stands.
    case anyOption(String, [String])
    /// In a word that is neither an option nor an option's.
    case words(WordForm)
    /// In all words behind it.
    case all
    /// In what a variable gets, `NAME=value`.
    case assignments

    /// Whether a shell reads all the words together, also those that are a script for themselves.
    var isLine: Bool { if case .all = self { true } else { false } }

    func places(behind start: Int, in words: [String]) -> [Int] {
        let rest = words.indices.dropFirst(start + 1)
        switch self {
        case .all: return Array(rest)
        case .assignments: return rest.filter { words[$0].contains("=") }
        case .words(let form): return form.places(behind: start, in: words)
        case .anyOption(let letters, let long):
            return rest.filter { place in
                let word = words[place]
                guard word.hasPrefix("-"), !word.hasPrefix("--") else { return Self.isLong(word, long) }
                return Self.isLong(word, long)
                    || [word.dropFirst().first, word.last].contains { $0.map(letters.contains) ?? false }
            }.flatMap { CodeWords.behind($0, in: words) }
        case .options(let letters, let long):
            var places: [Int] = []
            var wasOption = false
            for place in rest {
                let word = words[place]
                let isLong = Self.isLong(word, long)
                let isOption = isLong || word.hasPrefix("-")
                guard isOption || wasOption else { break }
                // What follows such a word may be more options, or more of the code.
                if isLong, !word.hasPrefix("--") { return places + Array(place..<words.count) }
                wasOption = isOption
                if isLong || isOption && !word.hasPrefix("--") && word.contains(where: letters.contains) {
                    places += [place, place + 1]
                }
            }
            return places
        }
    }

    private static func isLong(_ word: String, _ long: [String]) -> Bool {
        long.contains { word == $0 || word.hasPrefix("\($0)=") }
    }
}

/// Where the code is of a program that has it in a word of its own, as awk has.
private struct WordForm {
    /// Options with code, with a file that has the code, and with anything else, each with a word more; and those whose
    /// value is in their own word.
    var code = "", file = "", value = "", attached = ""
    /// The same of long ones, with the number of words that follow.
    var longCode: [String] = [], longFile: [String] = [], longValue: [String: Int] = [:]
    /// How many words come before it.
    var skipped = 0
    /// Words that may stand before it.
    var verbs: [String] = []
    /// Whether the words behind it are code too.
    var goesOn = false

    func places(behind start: Int, in words: [String]) -> [Int] {
        var places: [Int] = []
        var hasCode = false
        var takesOptions = true
        var left = skipped
        var place = start + 1
        while place < words.count {
            let word = words[place]
            if takesOptions, word == "--" {
                takesOptions = false
            } else if takesOptions, word.hasPrefix("--") {
                place += read(long: word, at: place, &places, &hasCode)
            } else if takesOptions, word.hasPrefix("-"), word != "-" {
                place += read(short: word.dropFirst(), at: place, &places, &hasCode)
            } else if verbs.contains(word) {
                // What it does, and not with what.
            } else if left > 0 {
                left -= 1
            } else if hasCode {
                break
            } else {
                places.append(place)
                hasCode = !goesOn
            }
            place += 1
        }
        return places
    }

    /// - Returns: how many words more are the option's.
    private func read(long word: String, at place: Int, _ places: inout [Int], _ hasCode: inout Bool) -> Int {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        let more = parts.count > 1 ? 0 : 1
        if longCode.contains(parts[0]) {
            places += [place, place + more]
            hasCode = true
            return more
        }
        if longFile.contains(parts[0]) {
            hasCode = true
            return more
        }
        return more * (longValue[parts[0]] ?? 0)
    }

    private func read(
        short letters: Substring, at place: Int, _ places: inout [Int], _ hasCode: inout Bool
    ) -> Int {
        for (index, letter) in zip(letters.indices, letters) {
            if attached.contains(letter) { return 0 }
            let isCode = code.contains(letter)
            let isFile = file.contains(letter)
            guard isCode || isFile || value.contains(letter) else { continue }
            let more = letters.index(after: index) == letters.endIndex ? 1 : 0
            if isCode { places += [place, place + more] }
            hasCode = hasCode || isCode || isFile
            return more
        }
        return 0
    }
}

extension CodeWords {
    /// By the programs' names, without versions.
    private static let forms: [String: CodeForm] = table.reduce(into: [:]) { forms, line in
        for program in line.0.split(separator: " ") { forms[String(program)] = line.1 }
    }

    private static let table: [(String, CodeForm)] = [
        // Languages.
        ("python pypy jython ipython micropython sage csh tcsh xonsh elvish expect", .options("c", [])),
        ("ruby jruby raku lua luajit groovy scala swift clojure clj bb ghc ocaml racket janet", .options("e", [])),
        ("Rscript R elixir iex jimsh gosh osascript gnuplot dc", .options("e", [])),
        ("perl julia", .options("eE", ["--print"])),
        ("node nodejs bun tsx ts-node", .options("ep", ["--print"])),
        ("php", .options("rBRE", ["--run", "--process-begin", "--process-code", "--process-end"])),
        ("guile nu", .options("ce", [])),
        ("fish", .options("cC", [])),
        ("clisp", .options("x", [])),
        ("pwsh powershell", .options("c", ["-Command"])),
        ("deno", .options("", ["eval"])),
        ("redis-cli", .options("", ["eval", "EVAL"])),
        ("mix", .anyOption("e", ["eval"])),
        ("kotlin", .anyOption("e", ["-expression"])),
        // What asks a server or looks into a program, and runs other programs on the way.
        ("psql duckdb", .anyOption("c", [])),
        ("mysql mariadb cqlsh", .anyOption("e", [])),
        ("sqlcmd", .anyOption("qQ", [])),
        ("clickhouse clickhouse-client", .anyOption("q", ["--query"])),
        ("gdb", .anyOption("", ["-ex", "-iex", "--ex", "--iex"])),
        ("lldb", .anyOption("oOkK", ["--one-line", "--one-line-before-file"])),
        // What gives a line to a shell, or reads one as a shell does.
        ("nix-shell", .anyOption("E", ["--run", "--expr"])),
        ("nix nix-build nix-instantiate", .anyOption("E", ["--expr"])),
        ("npm npx", .anyOption("c", ["--call"])),
        ("nodemon", .anyOption("x", [])),
        (
            "tar bsdtar gtar",
            .anyOption(
                "IF",
                [
                    "--checkpoint-action", "--to-command", "--use-compress-program", "--info-script",
                    "--new-volume-script", "--rsh-command", "--rmt-command",
                ])
        ),
        ("git", .anyOption("", ["--upload-pack", "--receive-pack"])),
        ("rsync", .anyOption("e", ["--rsh"])),
        ("nc ncat", .anyOption("ce", [])),
        ("sbatch", .anyOption("", ["--wrap"])),
        ("ansible ansible-playbook", .anyOption("ae", ["--args", "--extra-vars"])),
        ("ssh autossh plink klink dbclient mosh rsh remsh pssh parallel-ssh pdsh clush dsh heroku", .all),
        ("watch parallel sem tmux entr watchexec concurrently hyperfine socat salt salt-ssh just vi vim nvim", .all),
        ("make gmake bmake remake task", .assignments),
        // What has its program as a word.
        (
            "awk",
            .words(
                WordForm(
                    code: "e", file: "fE", value: "Fvil", longCode: ["--source"], longFile: ["--file", "--exec"],
                    longValue: ["--assign": 1, "--field-separator": 1, "--include": 1, "--load": 1]))
        ),
        (
            "sed gsed",
            .words(
                WordForm(
                    code: "e", file: "f", value: "l", attached: "i", longCode: ["--expression"], longFile: ["--file"],
                    longValue: ["--line-length": 1]))
        ),
        (
            "jq gojq jaq yq",
            .words(
                WordForm(
                    file: "f", value: "LopI", longFile: ["--from-file"],
                    longValue: [
                        "--arg": 2, "--argjson": 2, "--slurpfile": 2, "--rawfile": 2, "--indent": 1,
                        "--output-format": 1, "--input-format": 1,
                    ], verbs: ["e", "eval", "ea", "eval-all"]))
        ),
        ("sqlite", .words(WordForm(skipped: 1, goesOn: true))),
        ("sg", .words(WordForm(code: "c", skipped: 1))),
    ]
}

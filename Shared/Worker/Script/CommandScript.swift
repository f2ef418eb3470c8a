import PipelineLanguage
import Text

/// The commands of a step as one script, the same for a container and for a process.
///
/// Each command is shown as `+ command` and then evaluated by itself, in the one shell: the directory, variables,
/// functions and options carry over to the next, what its text leaves open does not. A here-document without its end,
/// an open quote or an operator at a line's end is that command's error. The first command that fails ends the step, as
/// `set -e` has it: `! false` and `test -f x && y` fail nothing, and `$?` is there for the next command.
///
/// The shell is started in the script's own folder and given the bare name ``fileName``, and all that is generated is
/// the script's first line: so what the shell says of an error, `commands: 3: nosuch: not found`, counts the lines the
/// person wrote and shows no path of the platform's.
public struct CommandScript: Sendable, Hashable {
    /// What the file is called, and the shell's `$0`.
    public static let fileName = "commands"
    /// What the file is called in which the script leaves the reason why it went no further.
    public static let problemName = "problem"
    /// How many commands a line of the script holds. Shells walk a list by recursion: one of 10,000 ends some of them.
    private static let commandsPerLine = 500

    public let text: String

    /// - Parameters:
    ///   - directory: Where the commands begin, an absolute path for the shell.
    ///   - given: What a person calls that directory.
    ///   - folder: The script's own folder, as the shell sees it.
    ///   - setup: Lines of the shell that come first.
    ///   - looksForKills: Whether the shell's control group is the step's own, so that a process of it that was killed
    ///     for want of memory was the step's. At its end the script's reason is ``killed`` or ``unharmed`` then.
    public init(
        _ commands: [String], directory: String, given: String? = nil, folder: String, setup: [String] = [],
        looksForKills: Bool = false
    ) {
        var text = "set -e; exec 2>&1; " + Self.patience + "; "
        for line in setup { text += line + "; " }
        text += Self.prologue(problem: "\(folder)/\(Self.problemName)")
        let missing = Self.missing(directory: given ?? directory)
        text +=
            "{ cd \(ShellWord.quote(directory)) || slipway_refuse \(ShellWord.quote(missing)); unset OLDPWD; } "
            + "\(Self.aside); "
        for (index, command) in commands.enumerated() {
            text += Self.step(command)
            text += index % Self.commandsPerLine == Self.commandsPerLine - 1 ? "\n" + Self.nextLine : " "
        }
        let last = looksForKills ? Self.lookForKills + "; " : ""
        self.text = text + "{ \(last)slipway_again && :; } >/dev/null 2>&1\n"
    }

    /// The program that runs the script: `/bin/sh` where the step does not say, `/bin/bash` for `bash`.
    public static func interpreter(_ shell: String?) -> String {
        ShellName.program(shell ?? "/bin/sh")
    }

    /// What a step is told whose working directory is not there.
    public static func missing(directory: String) -> String { "the working directory “\(directory)” is not there" }

    /// The reason of a script that ends well although the kernel killed one of its processes for want of memory.
    public static let killed = "killed"

    /// The reason of one that came to its end and looked: no process of it was killed so.
    public static let unharmed = "unharmed"

    /// The kernel's own count, of the second version of control groups or the first.
    private static let lookForKills =
        "for slipway_file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do "
        + "{ while IFS=' ' command read -r slipway_name slipway_count; do case $slipway_name$slipway_count in "
        + "oom_kill0) slipway_note \(unharmed) ;; oom_kill[0-9]*) slipway_note \(killed) ;; esac; "
        + "done < \"$slipway_file\"; } || :; done"

    /// What is generated has no output of its own: its errors, its trace under `set -x`, and what a trap for every command
    /// would print, go nowhere; 3 is the step's output in there.
    private static let aside = "3>&2 >/dev/null 2>&1"

    /// One output: of two pipes nobody could tell which line came first. A command may define functions such as `printf`
    /// or `[`: what is generated calls none of them.
    private static func prologue(problem: String) -> String {
        [
            "slipway_problem=\(ShellWord.quote(problem))",
            "slipway_nl=$(command printf '\\nx')", "slipway_nl=${slipway_nl%x}",
            // As many empty lines as the commands before had: the shell counts the lines of what it evaluates.
            "slipway_above=", "slipway_status=0", "slipway_done=0", "slipway_head=", "slipway_tail=", "slipway_debug=",
            "slipway_all=",
            "slipway_note() { command printf '%s' \"$1\" >| \"$slipway_problem\" || :; }",
            // What a trap of the step's own prints at its end belongs to the step.
            "slipway_refuse() { slipway_note \"$1\"; exec >&3 2>&3; exit 2; }",
            // Under `set -a` what is assigned would be every later program's: nothing is before that is off.
            "slipway_ended() { case $- in *a*) set +a; slipway_all=1 ;; *) slipway_all= ;; esac; "
                + "slipway_status=$1; slipway_done=1; }",
            // Under `set -e` in a bare `eval`, a command that may fail (`! true`) would end the shell after all: the tail
            // keeps its status and succeeds. Bash's DEBUG trap is away until the next command.
            "slipway_end='{ slipway_ended \"$?\"; "
                + "case ${BASH_VERSION-}$- in [0-9]*T*) set +T; slipway_debug=$(trap -p DEBUG); trap - DEBUG; set -T ;; "
                + "[0-9]*) slipway_debug=$(trap -p DEBUG); trap - DEBUG ;; esac; } >/dev/null 2>&1'",
            "slipway_begin() { command printf '%s\\n' \"+ $slipway_command\" >&3 || :; slipway_done=0; "
                + "slipway_tail=$slipway_nl$slipway_nl$slipway_end; slipway_head=; "
                + "case $slipway_debug in ?*) slipway_head='eval \"$slipway_debug\"; ' ;; esac; "
                + "case $slipway_all in ?*) slipway_head=\"${slipway_head}set -a; \" ;; esac; "
                // Under `set -x` what the shell shows is the command, not that it is evaluated.
                + "case $- in *x*) set +x; slipway_head=\"${slipway_head}set -x; \" ;; esac; "
                + "case $slipway_head in ?*) "
                + "slipway_head=\"{ $slipway_head slipway_again && :; } >/dev/null 2>&1; \" ;; esac; }",
            // Never run, only read: a text that closed one of two different brackets would not close the other. Bash reads patterns such as !(x) when it was told to, perhaps by this very command.
            "slipway_parses() { ( case ${BASH_VERSION-} in ?*) command shopt -s extglob ;; esac; "
                + "eval \"if false; then while false; do :$slipway_nl$slipway_command$slipway_nl"
                + "${slipway_nl}done; fi\" ); }",
            "slipway_again() { return \"$slipway_status\"; }",
        ].joined(separator: "; ") + "; "
    }

    private static func step(_ command: String) -> String {
        // By scalars: “'” with an accent, or \r\n, is one character of Swift's and two of the shell's.
        var lines = command.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.count > 1, lines.last?.isEmpty == true { lines.removeLast() }
        let word = lines.map { ShellWord.quote($0) }.joined(separator: "\"$slipway_nl\"")
        let newlines = String(repeating: "$slipway_nl", count: lines.count)
        // What does not parse is left to the shell, which says where. Only a here-document without its end it would take
        // without a word.
        let refusal =
            HereDocument.unended(in: lines.joined(separator: "\n")).map { end in
                "slipway_refuse "
                    + ShellWord.quote(
                        "the command is not complete: its here-document has no line “\(end)” with nothing else in it")
            } ?? "{ slipway_tail=; slipway_note \(ShellWord.quote(incomplete)); }"
        return "{ slipway_command=\(word); slipway_begin; slipway_parses || \(refusal); slipway_again && :; } "
            + "\(aside); eval \"$slipway_above$slipway_head$slipway_command$slipway_tail\"; "
            // A command may have closed its errors' way out, which would be the end of the shell here.
            + "{ :; } \(aside) || exec 2>/dev/null; "
            + "{ case $slipway_done in 1) ;; *) slipway_refuse \(ShellWord.quote(incomplete)) ;; esac; "
            + "slipway_above=$slipway_above\(newlines); } \(aside);"
    }

    /// Some shells count the lines of what they evaluate from 1, others from the script's own: there it has one more now.
    private static let nextLine =
        "{ eval 'slipway_line=${LINENO-}'; case ${slipway_line:-1} in 1) ;; *) "
        + "slipway_above=${slipway_above#?} ;; esac; } "
        + "\(aside); "

    /// A shell that is asked to end would go at once, and with it the container or the listener of a command that is still
    /// busy ending well. With a trap it waits for its command; a trap of the step's own takes the place of this one.
    private static let patience = "trap 'wait || :; exit 143' TERM"

    private static let incomplete =
        "the command is wrong or not complete: each of the list is read by itself, so what one begins it has to end"
}

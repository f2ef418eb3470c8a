public import SystemPackage

/// What a step runs as a process: the lines a person wrote, run by `/bin/sh`.
public struct ShellCommand: Sendable {
    /// One command an entry; each is echoed as `+ command` before it runs, and the first that fails ends the step.
    public var commands: [String]
    /// All the variables of the process, besides `PATH`, `HOME`, `LANG` and the marks it is found again by.
    public var environment: [String: String]
    /// Where it runs, an existing directory.
    public var workingDirectory: FilePath
    public var limits: Limits

    public init(
        commands: [String], environment: [String: String], workingDirectory: FilePath, limits: Limits = Limits()
    ) {
        self.commands = commands
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.limits = limits
    }

    /// Bounds the kernel keeps for the step's processes, each by itself; `nil` leaves the worker's own.
    public struct Limits: Sendable, Hashable {
        /// Open files.
        public var openFiles: Int?
        /// Processes of the worker's user, all together.
        public var processes: Int?
        /// The largest file written, in blocks of 512 bytes.
        public var fileBlocks: Int?
        /// Virtual memory in KiB.
        public var memoryKiB: Int?

        public init(openFiles: Int? = nil, processes: Int? = nil, fileBlocks: Int? = nil, memoryKiB: Int? = nil) {
            self.openFiles = openFiles
            self.processes = processes
            self.fileBlocks = fileBlocks
            self.memoryKiB = memoryKiB
        }
    }
}

extension ShellCommand {
    /// The script that is run. It is read from a file, so that standard input is no way into it.
    var script: String {
        var lines = ["set -e", "ulimit -c 0"]
        if let value = limits.openFiles { lines.append("ulimit -n \(value)") }
        if let value = limits.processes { lines.append("ulimit -u \(value) 2>/dev/null || ulimit -p \(value)") }
        if let value = limits.fileBlocks { lines.append("ulimit -f \(value)") }
        if let value = limits.memoryKiB { lines.append("ulimit -v \(value)") }
        for command in commands {
            lines.append("printf '%s\\n' \(Self.quoted("+ " + command))")
            lines.append(command)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// A text as one word of the shell.
    static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

public import SystemPackage

/// What a step runs as a process: the lines a person wrote, run by a shell.
public struct ShellCommand: Sendable {
    /// One command an entry; each is echoed as `+ command` before it runs, and the first that fails ends the step.
    public var commands: [String]
    /// The program that reads them; `/bin/sh` if `nil`, `/bin/<name>` for a bare name.
    public var shell: String?
    /// All the variables of the process, besides `PATH`, `HOME`, `LANG` and the marks it is found again by.
    public var environment: [String: String]
    /// Where it runs, an existing directory.
    public var workingDirectory: FilePath
    public var limits: Limits
    /// Whom it runs as; the worker's own user if `nil`. Only root may run it as another.
    public var user: ProcessUser?

    public init(
        commands: [String], shell: String? = nil, environment: [String: String], workingDirectory: FilePath,
        limits: Limits = Limits(), user: ProcessUser? = nil
    ) {
        self.commands = commands
        self.shell = shell
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.limits = limits
        self.user = user
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
    /// - Parameters:
    ///   - folder: Where that file is.
    ///   - line: What it takes hold of, see ``Lifeline``.
    func script(in folder: FilePath, line: FilePath) -> CommandScript {
        var setup = ["ulimit -c 0", Lifeline.take(line)]
        if let value = limits.openFiles { setup.append("ulimit -n \(value)") }
        if let value = limits.processes { setup.append("ulimit -u \(value) 2>/dev/null || ulimit -p \(value)") }
        if let value = limits.fileBlocks { setup.append("ulimit -f \(value)") }
        if let value = limits.memoryKiB { setup.append("ulimit -v \(value)") }
        return CommandScript(commands, directory: workingDirectory.string, folder: folder.string, setup: setup)
    }
}

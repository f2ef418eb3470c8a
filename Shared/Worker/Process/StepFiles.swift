import Glibc
import Logging
import SystemPackage

/// The files a step's process needs that are no part of its workspace: the script in its own folder, an empty home, and
/// what it is held by.
struct StepFiles {
    let script: ScriptFiles
    let home: FilePath
    let line: Lifeline
    private let folder: FilePath

    /// - Throws: ``ProcessRunnerError`` with ``ProcessRunnerError/Code/scratch`` and the path that failed.
    init(directory: FilePath, number: UInt64, command: ShellCommand) throws(ProcessRunnerError) {
        folder = directory.appending("process-\(number)")
        home = directory.appending("home-\(number)")
        for made in [folder, home] where made.withPlatformString({ mkdir($0, 0o700) }) != 0 {
            let cause = Errno(rawValue: errno)
            throw ProcessRunnerError(.scratch, "the step's directory \(made) cannot be made", cause: cause)
        }
        do {
            let path = folder.appending("line")
            line = try Lifeline(path, user: command.user)
            script = try ScriptFiles(command.script(in: folder, line: path).text, in: folder)
            if let user = command.user {
                for made in [folder, home] { try FileTree.give(made, to: user) }
            }
        } catch {
            throw ProcessRunnerError(.scratch, "the step's script cannot be written to \(folder)", cause: error)
        }
    }

    /// The commands may write anything into both, so they go as trees. What is too much for now goes with the job.
    func remove(_ logger: Logger) async {
        for tree in [folder, home] {
            do {
                try await FileTree.remove(tree, within: .seconds(10))
            } catch {
                logger.warning(
                    "a step's files could not be removed before its job ends",
                    metadata: ["path": "\(tree)", "error": "\(error)"])
            }
        }
    }
}

import Glibc
import Logging
import SystemPackage

/// The files a step's process needs that are no part of its workspace: the script and an empty home.
struct StepFiles {
    let script: FilePath
    let home: FilePath

    /// - Throws: ``ProcessRunnerError`` with ``ProcessRunnerError/Code/scratch`` and the path that failed.
    init(directory: FilePath, number: UInt64, script text: String) throws(ProcessRunnerError) {
        script = directory.appending("step-\(number).sh")
        home = directory.appending("home-\(number)")
        do {
            let file = try FileDescriptor.open(
                script, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: [.ownerReadWrite])
            _ = try file.closeAfter { try file.writeAll(text.utf8) }
        } catch {
            throw ProcessRunnerError(.scratch, "the step's script \(script) cannot be written", cause: error)
        }
        guard home.withPlatformString({ mkdir($0, 0o700) }) == 0 else {
            let cause = Errno(rawValue: errno)
            throw ProcessRunnerError(.scratch, "the step's home \(home) cannot be made", cause: cause)
        }
    }

    /// The commands may write anything into the home, so it goes as a tree.
    func remove(_ logger: Logger) {
        do {
            try FileTree.remove(script)
            try FileTree.remove(home)
        } catch {
            logger.warning("a step's files could not be removed", metadata: ["error": "\(error)"])
        }
    }
}

import Contracts
import Glibc
import PipelineLanguage
import SystemPackage
import Threading
import Worker

/// The folder of one attempt of a job: its workspace, and what each step is given beside it.
struct JobFolder: Sendable {
    let path: FilePath
    /// The source's place in what the steps share; empty where it is all of that.
    private let inner: FilePath
    /// What all steps share. Any user of a container may write to it, see ``JobContainers/openWorkspace(_:)``; the folder
    /// above is this builder's alone.
    var shared: FilePath { path.appending("workspace") }
    /// The source.
    var workspace: FilePath { shared.pushing(inner) }
    /// The same for a process.
    var place: StepWorkspace { StepWorkspace(shared.string, path: inner.string) }

    /// - Throws: `JobFailure` for a workspace that no container can have.
    init(below jobs: FilePath, job: JobID, attempt: Int, stage: Stage) throws(JobFailure) {
        if let problem = stage.workspace.problem { throw JobFailure(problem) }
        path = jobs.appending("\(job)-\(attempt)")
        inner = FilePath(WorkspacePath.place(of: stage).path)
    }

    func make() async throws(JobFailure) {
        do {
            try await FileTree.remove(path, within: BuildExecutor.cleanUpTime)
            try FileTree.make(workspace)
        } catch {
            throw JobFailure("the job's folder cannot be made: \(error)", of: error)
        }
        var folder = workspace
        while folder.starts(with: shared) {
            folder.withPlatformString { _ = chmod($0, 0o777) }
            folder.removeLastComponent()
        }
    }

    /// Lets a user of this machine to it, and nobody else.
    /// - Throws: `JobFailure`
    func lend(to user: ProcessUser) throws(JobFailure) {
        guard path.withPlatformString({ chown($0, geteuid(), user.id) }) == 0,
            path.withPlatformString({ chmod($0, 0o710) }) == 0
        else {
            let error = Errno(rawValue: errno)
            throw JobFailure("the job's folder cannot be lent to the user \(user.id): \(error)", of: error)
        }
    }

    /// A new folder for one try of a step, with the file its outputs go to.
    /// - Parameter script: What the step's container runs; it is the shell's.
    func makeStep(number: Int, script: CommandScript? = nil) throws(JobFailure) -> StepFolder {
        let path = path.appending("step-\(number)")
        do {
            try FileTree.make(path)
            path.withPlatformString { _ = chmod($0, 0o755) }
            let root = try OpenFolder(path.string)
            let output = try FileDescriptor.open(
                FilePath(root.path).appending("output"), .writeOnly,
                options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o666))
            try output.closeAfter { _ = fchmod(output.rawValue, 0o666) }
            return StepFolder(
                path: path, root: root, script: try script.map { try ScriptFiles($0.text, in: FilePath(root.path)) })
        } catch {
            throw JobFailure("the step's folder cannot be made: \(error)", of: error)
        }
    }
}

/// What one try of a step is given beside the workspace.
struct StepFolder: Sendable {
    let path: FilePath
    /// What is in it is read by this, whatever has taken the place of its path.
    let root: OpenFolder
    /// `nil` where the step has no commands, or runs as a process.
    let script: ScriptFiles?
    /// The file its outputs go to, for the step.
    var output: FilePath { path.appending("output") }
    /// The same for reading it.
    var written: FilePath { FilePath(root.path).appending("output") }
}

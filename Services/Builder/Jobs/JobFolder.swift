import Contracts
import Glibc
import SystemPackage
import Worker

/// The folder of one attempt of a job: its workspace, and what each step is given beside it.
struct JobFolder: Sendable {
    let path: FilePath
    /// The source, shared by all steps. Any user of a container may write to it; the folder above is this builder's alone.
    var workspace: FilePath { path.appending("workspace") }

    init(below jobs: FilePath, job: JobID, attempt: Int) {
        path = jobs.appending("\(job)-\(attempt)")
    }

    func make() throws(JobFailure) {
        do {
            try FileTree.remove(path)
            try FileTree.make(workspace)
        } catch {
            throw JobFailure("the job's folder cannot be made: \(error)")
        }
        workspace.withPlatformString { _ = chmod($0, 0o777) }
    }

    /// A new folder for one try of a step, with the file its outputs go to.
    func makeStep(number: Int, script: String?) throws(JobFailure) -> StepFolder {
        let step = StepFolder(path: path.appending("step-\(number)"))
        do {
            try FileTree.make(step.path)
            step.path.withPlatformString { _ = chmod($0, 0o755) }
            let output = try FileDescriptor.open(
                step.output, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: FilePermissions(rawValue: 0o666))
            try output.closeAfter { _ = fchmod(output.rawValue, 0o666) }
            if let script {
                let file = try FileDescriptor.open(
                    step.script, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
                    permissions: FilePermissions(rawValue: 0o644))
                try file.closeAfter { _ = try file.writeAll(script.utf8) }
            }
        } catch {
            throw JobFailure("the step's folder cannot be made: \(error)")
        }
        return step
    }
}

/// What one try of a step is given beside the workspace.
struct StepFolder: Sendable {
    let path: FilePath
    var output: FilePath { path.appending("output") }
    var script: FilePath { path.appending("script") }
}

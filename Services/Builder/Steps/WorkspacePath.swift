import Glibc
import PipelineLanguage
import SystemPackage
import Worker

/// Where the workspace is, and paths of a pipeline in it, which must not lead out: not by `..` and not by a link.
enum WorkspacePath {
    /// Where the source is in the containers of a stage: `workspace.path` below `workspace.base`, or by itself where it
    /// is absolute.
    static func inContainers(of stage: Stage) -> String {
        let root = FilePath("/")
        let base = root.pushing(FilePath(stage.workspace.base ?? "/drone/src"))
        return base.pushing(FilePath(stage.workspace.path ?? "")).lexicallyNormalized().string
    }

    /// Where a step in a container begins; `nil` leaves it to the image.
    ///
    /// What runs in the background as its image does, a service, finds its files where its image put them.
    static func directory(of step: Step, isBackground: Bool, in stage: Stage) -> String? {
        let workspace = FilePath(inContainers(of: stage))
        if let wanted = step.workingDirectory {
            return workspace.pushing(FilePath(wanted)).lexicallyNormalized().string
        }
        return isBackground && step.commands.isEmpty ? nil : workspace.string
    }

    /// A path of the builder's machine.
    /// - Throws: ``JobFailure`` for a path that leads out or is not there.
    static func resolve(_ path: String, in workspace: FilePath) throws(JobFailure) -> FilePath {
        try resolve(path, in: workspace, missing: "“\(path)” is not there in the workspace")
    }

    /// The working directory of a step that runs as a process. The path that the workspace would have in a container
    /// stands for the workspace, so that a pipeline means the same in both.
    /// - Throws: ``JobFailure`` for a path that leads out or is not there.
    static func directory(of step: Step, in workspace: FilePath, stage: Stage) throws(JobFailure) -> FilePath {
        guard let wanted = step.workingDirectory else { return workspace }
        let missing = CommandScript.missing(directory: wanted)
        let directory = try resolve(hostPath(of: wanted, stage), in: workspace, missing: missing)
        guard real("\(directory)/.") != nil else { throw JobFailure(missing) }
        return directory
    }

    /// Complains about a container's directory in the workspace that is not there, which the engine would make.
    /// - Throws: ``JobFailure``
    static func check(_ directory: String, of step: Step, in workspace: FilePath, stage: Stage) throws(JobFailure) {
        guard FilePath(directory).starts(with: FilePath(inContainers(of: stage))),
            !step.mounts.contains(where: { FilePath(directory).starts(with: FilePath($0.path)) })
        else { return }
        let path = hostPath(of: directory, stage)
        guard real("\(workspace)/\(path)/.") == nil else { return }
        throw JobFailure(CommandScript.missing(directory: step.workingDirectory ?? directory))
    }

    private static func hostPath(of path: String, _ stage: Stage) -> String {
        var rest = FilePath(path).lexicallyNormalized()
        return rest.removePrefix(FilePath(inContainers(of: stage))) ? rest.string : path
    }

    private static func resolve(
        _ path: String, in workspace: FilePath, missing: String
    ) throws(JobFailure) -> FilePath {
        guard let root = real(workspace.string) else { throw JobFailure("the workspace is gone") }
        guard let target = real(path.hasPrefix("/") ? path : "\(root)/\(path)") else { throw JobFailure(missing) }
        guard target == root || target.hasPrefix(root + "/") else {
            throw JobFailure("“\(path)” leads out of the workspace")
        }
        return FilePath(target)
    }

    private static func real(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

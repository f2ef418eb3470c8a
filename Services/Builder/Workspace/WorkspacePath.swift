import Glibc
import PipelineLanguage
import SystemPackage
import Threading
import Worker

/// Where the workspace is, and paths of a pipeline in it, which must not lead out: not by `..` and not by a link.
enum WorkspacePath {
    /// Where the source is in the containers of a stage.
    static func place(of stage: Stage) -> StepWorkspace {
        let place = stage.workspace.place
        return StepWorkspace(place.base, path: place.path)
    }

    /// Where a step in a container begins; `nil` leaves it to the image.
    ///
    /// What runs in the background as its image does, a service, finds its files where its image put them.
    /// - Throws: `JobFailure` for a relative path that leads out of the workspace.
    static func directory(of step: Step, isBackground: Bool, in stage: Stage) throws(JobFailure) -> String? {
        guard let wanted = step.workingDirectory else {
            return isBackground && step.commands.isEmpty ? nil : place(of: stage).folder
        }
        return try place(wanted, stage).string
    }

    /// A working directory as a container has it: an absolute path by itself, a relative one in the workspace.
    private static func place(_ wanted: String, _ stage: Stage) throws(JobFailure) -> FilePath {
        let workspace = FilePath(place(of: stage).folder)
        let place = workspace.pushing(FilePath(wanted)).lexicallyNormalized()
        guard wanted.hasPrefix("/") || place.starts(with: workspace) else {
            throw JobFailure("the working directory “\(wanted)” leads out of the workspace; only an absolute path may")
        }
        return place
    }

    /// A folder of the source, whatever the steps put in its place afterwards.
    /// - Throws: `JobFailure` for a path that leads out of the workspace or is not there.
    static func open(_ path: String, of folder: JobFolder) throws(JobFailure) -> OpenFolder {
        var workspace: OpenFolder
        do {
            workspace = try OpenFolder(folder.shared.string)
            // Of these each is what it was made as, or nothing in it is read.
            for name in FilePath(folder.place.path).components {
                workspace = try workspace.folder(name.string, followsLinks: false)
            }
        } catch {
            throw JobFailure(
                error.isMissing || error.leadsOut
                    ? "something else has taken the place of the workspace, so that nothing in it is read"
                    : "the workspace cannot be opened: \(error)")
        }
        do {
            return try workspace.folder(path)
        } catch {
            throw JobFailure(
                error.leadsOut
                    ? "“\(path)” leads out of the workspace"
                    : error.isMissing ? "“\(path)” is not there in the workspace" : "\(error)")
        }
    }

    /// The working directory of a step that runs as a process. The path that the workspace would have in a container
    /// stands for the workspace, so that a pipeline means the same in both; any other is the machine's.
    /// - Throws: `JobFailure` for a path that leads out of the workspace, and for one that is not there.
    static func directory(of step: Step, in folder: JobFolder, stage: Stage) throws(JobFailure) -> FilePath {
        let wanted = step.workingDirectory ?? place(of: stage).folder
        let place = try place(wanted, stage)
        guard let inner = inner(place, stage) else {
            guard let directory = real("\(place)/.") else { throw missing(wanted) }
            return FilePath(directory)
        }
        do {
            let open = try OpenFolder(folder.shared.string).folder(inner)
            guard let directory = real(open.path) else { throw missing(wanted) }
            return FilePath(directory)
        } catch let error as OpenFolderError {
            guard error.leadsOut else { throw missing(wanted) }
            throw JobFailure("the working directory “\(wanted)” leads out of the workspace by a link")
        } catch let failure as JobFailure {
            throw failure
        } catch {
            throw JobFailure("\(error)")
        }
    }

    /// Complains about a container's directory in the workspace that is not there, which the engine would make.
    /// - Returns: Whether it was found, or is a volume's: any other, and where a link leads, only the container knows.
    /// - Throws: `JobFailure`
    static func find(_ directory: String, of step: Step, in folder: JobFolder, stage: Stage) throws(JobFailure) -> Bool
    {
        if step.mounts.contains(where: { FilePath(directory).starts(with: FilePath($0.path)) }) { return true }
        guard let inner = inner(FilePath(directory), stage) else { return false }
        do {
            _ = try OpenFolder(folder.shared.string).folder(inner)
            return true
        } catch {
            guard error.leadsOut else { throw missing(step.workingDirectory ?? directory) }
            return false
        }
    }

    /// A file that a step's commands call by a path from where they begin, in what the steps share.
    /// - Returns: a descriptor, or `nil` where they begin elsewhere.
    /// - Throws: `JobFailure`, `OpenFolderError`
    static func open(file: String, of step: Step, in folder: JobFolder, stage: Stage) throws -> Int32? {
        guard let inner = inner(try place(step.workingDirectory ?? ".", stage), stage) else { return nil }
        return try OpenFolder(folder.shared.string).open("\(inner)/\(file)", O_RDONLY | O_NONBLOCK)
    }

    /// Where a container's path is in what the steps share; `nil` for any other path.
    private static func inner(_ path: FilePath, _ stage: Stage) -> String? {
        var rest = path
        guard rest.removePrefix(FilePath(place(of: stage).base)) else { return nil }
        return rest.isEmpty ? "." : rest.string
    }

    private static func missing(_ directory: String) -> JobFailure {
        JobFailure(CommandScript.missing(directory: directory))
    }

    private static func real(_ path: String) -> String? {
        guard let text = realpath(path, nil) else { return nil }
        defer { free(text) }
        return String(cString: text)
    }
}

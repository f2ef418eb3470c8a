import Glibc
import Logging
import Runtime
import SystemPackage
import Threading
import Worker

extension Builder {
    /// What steps without an image run with, whom they run as, and what is to be told of it.
    /// - Throws: `SettingsError` where they cannot run as the users they are to.
    func stepProcesses(hasEngine: Bool) throws -> StepProcesses {
        let sharesDocker = try hasEngine && context.settings.value(BuilderSettings.processDocker)
        if sharesDocker {
            context.logger.notice(
                "steps that are processes have the engine's socket: they are root on its machine (SLIPWAY_PROCESS_DOCKER)"
            )
        }
        Orphans.ofThisProgram.adopt()
        let users = try processUsers(sharesDocker: sharesDocker)
        if users == nil {
            context.logger.notice(
                "steps that are processes may do what this builder may and read its keys; SLIPWAY_PROCESS_USERS gives them users"
            )
        }
        return StepProcesses(
            runner: ProcessRunner(worker: worker, logger: context.logger), users: users, sharesDocker: sharesDocker)
    }

    /// The same for all builders of a machine.
    private static let userLocks: FilePath = "/run/slipway"

    /// Whether steps may run as users of the machine.
    /// - Throws: `SettingsError` where they may not.
    static func check(_ range: ClosedRange<UInt32>, capacity: Int, isRoot: Bool) throws(SettingsError) {
        let variable = BuilderSettings.processUsers.variable
        guard isRoot else {
            throw SettingsError(
                setting: variable, message: "\(variable): only root may run steps as other users",
                remedy: "start the builder as root, or leave the setting out (in an override of compose: "
                    + "“\(variable): !reset null”): steps run as this user then")
        }
        guard range.count >= capacity else {
            throw SettingsError(
                setting: variable, message: "\(variable) has \(range.count) users for \(capacity) jobs at a time",
                remedy:
                    "give it as many as \(BuilderSettings.capacity.variable) says (in compose: SLIPWAY_BUILDER_PROCESS_USERS)"
            )
        }
        for id in range {
            guard let entry = getpwuid(id) else { continue }
            throw SettingsError(
                setting: variable,
                message: "\(variable): the user \(id) is \(String(cString: entry.pointee.pw_name)) of this machine",
                remedy: "give numbers that nobody has: all that runs as them is ended")
        }
    }

    private func processUsers(sharesDocker: Bool) throws -> ProcessUsers? {
        guard let range = try context.settings.optional(BuilderSettings.processUsers) else { return nil }
        let variable = BuilderSettings.processUsers.variable
        try Self.check(range, capacity: try context.settings.value(BuilderSettings.capacity), isRoot: geteuid() == 0)
        do {
            let closed = try StepProcesses.makeTraversable(root: FilePath(folder.root), data: data)
            if let closed {
                throw SettingsError(
                    setting: CommonSettings.data.variable,
                    message: "the users of \(variable) cannot get to \(data): \(closed) is closed to them",
                    remedy: "give a folder below one that everybody may pass, such as /var/lib/slipway")
            }
        } catch let error as Errno {
            throw SettingsError(
                setting: CommonSettings.data.variable, message: "the rights of \(data) cannot be set: \(error)",
                remedy: "give a folder this service may write to")
        }
        var socket = stat()
        let path = try context.settings.value(BuilderSettings.dockerSocket)
        let mayUse = sharesDocker && stat(path, &socket) == 0
        do {
            try FileTree.make(Self.userLocks)
        } catch {
            throw SettingsError(
                setting: variable,
                message: "\(variable): the folder \(Self.userLocks) cannot be made: \(error)",
                remedy: "let the builder write to /run, where those of one machine say which users they have")
        }
        return ProcessUsers(range, groups: mayUse ? [socket.st_gid] : [], folder: Self.userLocks)
    }
}

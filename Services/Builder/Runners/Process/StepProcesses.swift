import Contracts
import Glibc
import SystemPackage
import Worker

/// What a builder runs steps without an image with.
struct StepProcesses: Sendable {
    let runner: ProcessRunner
    /// Whom they run as, a job each; `nil` is the builder's own user.
    var users: ProcessUsers?
    /// Whether steps get the engine's socket, with which they are root on the engine's machine.
    var sharesDocker = false

    func collectLeftovers() async {
        await runner.collectLeftovers()
        await users?.collectLeftovers(within: BuildExecutor.userCleanUpTime)
    }

    /// Lets the users of jobs to their folders, and to nothing else of the builder's data.
    /// - Parameters:
    ///   - root: of the data folders of all replicas.
    ///   - data: of this builder.
    /// - Returns: a folder on the way that is closed to them, or `nil`.
    /// - Throws: `Errno`
    static func makeTraversable(root: FilePath, data: FilePath) throws(Errno) -> FilePath? {
        var status = stat()
        for folder in Set([root, data]) {
            try FileTree.makeTraversable(folder)
            // Other replicas' folders, and what each lends to its jobs, are for them to open.
            for name in FileTree.names(in: folder) where Int(name) == nil && name != "jobs" {
                let path = folder.appending(name)
                guard path.withPlatformString({ lstat($0, &status) }) == 0, status.st_mode & S_IFMT != S_IFLNK else {
                    continue
                }
                guard path.withPlatformString({ chmod($0, status.st_mode & 0o700) }) == 0 else {
                    throw Errno(rawValue: errno)
                }
            }
        }
        var folder = root
        while folder.removeLastComponent() {
            guard folder.withPlatformString({ stat($0, &status) }) == 0 else { throw Errno(rawValue: errno) }
            if status.st_mode & S_IXOTH == 0 { return folder }
        }
        return nil
    }
}

/// The user that an attempt of a job runs processes as: taken for its first one, given back when all of them have ended.
actor JobUser {
    private let users: ProcessUsers?
    private var taking: Task<ProcessUser?, Never>?
    private var taken: ProcessUser?
    /// How many containers had written to the workspace when it was given to the user.
    private var given: Int?

    init(_ users: ProcessUsers?) {
        self.users = users
    }

    /// - Returns: `nil` where they run as the builder's own user.
    /// - Throws: `JobFailure` where there is no user left.
    func take(_ folder: JobFolder) async throws -> ProcessUser? {
        guard let users else { return nil }
        if let taken { return taken }
        // Steps that run at the same time have the same.
        let taking = taking ?? Task { await users.take() }
        self.taking = taking
        guard let user = await taking.value else {
            self.taking = nil
            throw JobFailure(
                "no user of SLIPWAY_PROCESS_USERS is free: other builders of this machine have them, or processes of "
                    + "earlier jobs cannot be ended; give it more users, or restart the builder’s machine",
                handBack: .worker)
        }
        if taken == nil {
            taken = user
            try folder.lend(to: user)
        }
        return user
    }

    /// Gives what root made in the workspace, at the checkout or in containers, to the user, who may not write to it else.
    /// - Parameter writers: how many containers have written to it; `nil` while one runs.
    /// - Throws: `Errno`
    func giveWorkspace(_ folder: JobFolder, writers: Int?) async throws {
        guard let taken, writers == nil || writers != given else { return }
        given = nil
        try await FileTree.giveInPieces(folder.shared, to: taken)
        given = writers
    }

    /// What it takes of the disk where everybody may write; `nil` where there is none.
    func outside() async -> TreeUsage? {
        guard let taken else { return nil }
        return await TreeUsage.of(taken)
    }

    /// Ends all that it runs.
    /// - Returns: whether all of it has ended.
    func release() async -> Bool {
        guard let users, let user = taken else { return true }
        (taken, taking) = (nil, nil)
        return await users.release(user, within: BuildExecutor.userCleanUpTime)
    }
}

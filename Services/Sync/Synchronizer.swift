import Contracts
import Git
import Messaging
import Runtime

/// From a trigger to the commit it means.
struct Synchronizer: Sendable {
    let mirrors: Mirrors
    let access: SourceAccessReader
    let maintenance: MirrorMaintenance
    let slots: FetchSlots
    /// What of the disk of mirrors is left free; a push waits for room.
    var floor: DiskFloor?

    static let pipelineFileLimit = 1 << 20
    /// Bytes of changed paths a message carries.
    static let changesLimit = 1 << 20
    /// Branches and tags of one commit that a message names.
    static let tipsLimit = 100
    /// After so many attempts a server that is away is told to those who wait: some half a minute.
    static let patience = 3
    /// The same for a server that has too many requests: some ten minutes.
    static let rateLimitPatience = 5

    /// - Parameters:
    ///   - cloneURL: where the sender says the repository is; the registered address wins.
    ///   - attempt: of handling this message, from 1.
    /// - Throws: `CancellationError`, and whatever keeps the platform from being asked.
    func synchronize(
        _ trigger: Trigger, cloneURL: String, attempt: Int, activity: FetchActivity = FetchActivity()
    ) async throws -> SyncOutcome {
        if let problem = trigger.repository.problem { return failed(trigger, .unknownRepository, problem) }
        do {
            guard let source = try await access.source(of: trigger.repository) else {
                return unregistered(trigger, cloneURL)
            }
            let remote = try RemoteAddress(source.url, allowsFile: mirrors.program.allowsFile)
            let mirror = mirrors.mirror(of: trigger.repository)
            if let problem = floor?.problem() { return noDisk(trigger, problem) }
            return .synced(
                try await slots.withSlot(mirror.directory, remote, isMessage: true, activity: activity) {
                    try await sync(trigger, into: mirror, from: source)
                })
        } catch let error as SyncProblem {
            return failed(trigger, error.code, error.reason)
        } catch let error as NoRoom {
            let delay = error.isMoving ? RetryPolicy.soon : RetryPolicy.later
            return .waiting(
                SyncDelayed(trigger: trigger, reason: "\(error)", retryAt: .now.adding(delay.duration)), delay)
        } catch let error as NoSlot {
            // It says nothing of this repository: the last attempt before the message would be parked.
            return retry(trigger, "\(error)", attempt, of: RetryPolicy.attempts - 1)
                ?? failed(trigger, .unreachable, "\(error)")
        } catch let error as GitError {
            if error.code == .cancelled { throw CancellationError() }
            // Git removes what it could not end, so that there is room again when it has said so.
            if error.code == .noSpace { return noDisk(trigger, "\(error)") }
            let reason = error.code == .timedOut ? "\(error); raise SLIPWAY_SYNC_TIMEOUT" : "\(error)"
            if error.mayPass || trigger.mayBeAhead(of: error) {
                let patience =
                    switch error.code {
                    case .rateLimited: Self.rateLimitPatience
                    // Like a slot that does not come, it says nothing of this push.
                    case .busy: RetryPolicy.attempts - 1
                    default: Self.patience
                    }
                if let outcome = retry(trigger, reason, attempt, of: patience) { return outcome }
            }
            return failed(trigger, error.syncCode, reason)
        }
    }

    /// The disk of sync has no room: that says nothing of the push, which waits for it.
    private func noDisk(_ trigger: Trigger, _ problem: String) -> SyncOutcome {
        let delay = RetryPolicy.soon
        return .waiting(
            SyncDelayed(trigger: trigger, reason: "sync: \(problem)", retryAt: .now.adding(delay.duration)), delay)
    }

    /// What becomes of a push that another repository's secret verified: its repository is unknown, or was registered since
    /// and has its own secret, and nothing becomes of it.
    func discovered(_ push: PushReceived) async throws -> SyncOutcome? {
        guard try await access.directory.access(to: push.trigger.repository) == nil else { return nil }
        return unregistered(push.trigger, push.cloneURL)
    }

    private func unregistered(_ trigger: Trigger, _ cloneURL: String) -> SyncOutcome {
        failed(
            trigger, .unknownRepository,
            "\(trigger.repository) is not registered; register it with "
                + "`\(trigger.repository.addCommand(cloneURL: cloneURL, forge: trigger.origin?.forge))`")
    }

    /// That it is tried again, or `nil` after the last attempt.
    private func retry(_ trigger: Trigger, _ reason: String, _ attempt: Int, of last: Int) -> SyncOutcome? {
        guard attempt < last, case .retry(let delay) = RetryPolicy.decide(afterAttempt: attempt) else { return nil }
        return .delayed(
            SyncDelayed(
                trigger: trigger,
                reason: "\(reason); attempt \(attempt + 1) of \(last) is in \(delay.duration.words)",
                retryAt: Timestamp.now.adding(delay.duration)))
    }

    private func sync(
        _ trigger: Trigger, into mirror: Mirror, from source: FetchSource
    ) async throws -> SourceSynced {
        let (commit, ref) = try await fetch(trigger, mirror, source)
        maintenance.note(mirror)
        let findings = try await findings(commit, before: trigger.before, mirror)
        let details = findings.details
        var synced = trigger
        try synced.found(as: ref, commit: commit)
        if GitRef.isCommit(synced.ref), synced.tipOf == nil {
            synced.tipOf = Array(try await mirror.refs(at: commit, from: source).prefix(Self.tipsLimit))
        }
        synced.message = details.message
        return SourceSynced(
            trigger: synced,
            commit: Commit(
                sha: commit, message: details.message, authorName: details.authorName,
                authorEmail: details.authorEmail,
                committedAt: Timestamp(
                    milliseconds: details.committedAt.multipliedReportingOverflow(by: 1000).partialValue)),
            changes: findings.changes, pipelineFile: findings.file, misnamedFile: findings.misnamed,
            mirrorURL: mirrors.url(of: trigger.repository))
    }

    private func fetch(
        _ trigger: Trigger, _ mirror: Mirror, _ source: FetchSource
    ) async throws(GitError) -> (commit: String, ref: String) {
        // A person names a branch or a tag by its short name, a hook always by the full ref.
        guard GitRef.problem(trigger.ref) == nil else {
            let found = try await mirror.fetch(
                naming: trigger.commit ?? trigger.ref, kind: trigger.refKind, from: source)
            return (found.commit, trigger.commit == nil ? found.ref : trigger.ref)
        }
        return (try await mirror.fetch(ref: trigger.ref, commit: trigger.commit, from: source), trigger.ref)
    }

    private struct Findings: Sendable {
        var details: CommitDetails
        var file: SourceSynced.PipelineFile?
        var misnamed: String?
        var changes: SourceSynced.ChangedPaths
    }

    /// What the mirror says about a commit, by two commands side by side.
    private func findings(_ commit: String, before: String?, _ mirror: Mirror) async throws -> Findings {
        async let changes = Self.changes(from: before, to: commit, in: mirror)
        async let content = Self.content(of: commit, in: mirror)
        return try await Findings(
            details: content.details, file: content.file, misnamed: content.misnamed, changes: changes)
    }

    private static func changes(
        from before: String?, to commit: String, in mirror: Mirror
    ) async throws -> SourceSynced.ChangedPaths {
        let changes = try await mirror.changedPaths(from: before, to: commit)
        return bounded(changes.paths, changes.complete)
    }

    private static func content(
        of commit: String, in mirror: Mirror
    ) async throws -> (details: CommitDetails, file: SourceSynced.PipelineFile?, misnamed: String?) {
        do {
            let content = try await mirror.commit(
                commit, firstOf: PipelineFileNames.sought,
                limit: pipelineFileLimit)
            if let file = content.file, PipelineFileNames.advice(on: file.path) != nil {
                return (content.details, nil, file.path)
            }
            return (content.details, try content.file.map { try pipelineFile($0, at: commit) }, nil)
        } catch let error as GitError where error.code == .tooLarge {
            throw SyncProblem(.pipelineFile, error.message)
        }
    }

    private static func pipelineFile(_ file: Mirror.File, at commit: String) throws -> SourceSynced.PipelineFile {
        if let problem = file.brokenLink {
            throw SyncProblem(
                .pipelineFile,
                "\(file.path) at \(commit) is a symbolic link that \(problem): link to a file of the repository, or commit the file itself"
            )
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw SyncProblem(.pipelineFile, "\(file.path) at \(commit) is not UTF-8 text")
        }
        return SourceSynced.PipelineFile(path: file.path, text: text)
    }

    private func failed(_ trigger: Trigger, _ code: SyncFailed.Code, _ reason: String) -> SyncOutcome {
        .failed(SyncFailed(trigger: trigger, code: code, reason: reason))
    }

    /// A list that fits into a message.
    static func bounded(_ paths: [String], _ complete: Bool) -> SourceSynced.ChangedPaths {
        var bytes = 0
        var kept = 0
        for path in paths {
            bytes += path.utf8.count
            guard bytes <= changesLimit else { break }
            kept += 1
        }
        return SourceSynced.ChangedPaths(paths: Array(paths.prefix(kept)), complete: complete && kept == paths.count)
    }
}

extension Trigger {
    /// Whether its hook may have come before the commit did: of a server's replicas one can lag behind the one that sent
    /// the hook. What a person names is there or is not.
    func mayBeAhead(of error: GitError) -> Bool {
        run == nil && commit != nil && (error.code == .refNotFound || error.code == .emptyRepository)
    }
}

extension Duration {
    /// Such as `30 s` or `5 min`.
    fileprivate var words: String {
        let seconds = components.seconds
        return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds) s"
    }
}

/// Why a source cannot be fetched though Git did what it was asked.
struct SyncProblem: Error, Equatable {
    var code: SyncFailed.Code
    var reason: String

    init(_ code: SyncFailed.Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }
}

extension GitError {
    /// Whether the same fetch may do better later.
    var mayPass: Bool {
        switch code {
        case .unreachable, .rateLimited, .timedOut, .busy, .noSpace, .failed: true
        case .invalid, .authentication, .untrusted, .redirected, .notGit, .objectFormat, .repositoryNotFound,
            .refNotFound, .emptyRepository, .pathNotFound, .tooLarge, .unsafeObjects, .cancelled:
            false
        }
    }

    /// The word of the contract.
    var syncCode: SyncFailed.Code {
        switch code {
        case .authentication: .authentication
        case .unreachable, .rateLimited, .untrusted, .timedOut, .busy: .unreachable
        case .refNotFound: .refNotFound
        case .emptyRepository: .emptyRepository
        case .invalid, .redirected, .notGit, .objectFormat, .repositoryNotFound, .pathNotFound, .tooLarge,
            .unsafeObjects, .cancelled, .noSpace, .failed:
            .git
        }
    }
}

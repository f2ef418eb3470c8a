import Contracts
import Logging
import Storage

/// Pushes that no hook told of: found by comparing where a server's branches and tags are with what arrived.
extension RunEngine {
    /// Has the heads of a repository listed. One that is not registered any more is forgotten.
    func askForHeads(of path: RepositoryPath, in transaction: Transaction) throws {
        guard let repository = try transaction.repositories.find(path) else {
            return try transaction.heads.forget(path)
        }
        guard var compared = try transaction.heads.compared(path) else { return }
        compared.ask(of: repository.cloneURL, mark: try transaction.heads.mark())
        try transaction.heads.update(compared)
        try transaction.send(HeadsRequested(repository: path, round: compared.asked), run: nil)
    }

    /// Compares the heads with the pushes that arrived, and makes up those that were missed.
    func headsListed(_ message: HeadsListed, in transaction: Transaction) throws {
        let path = message.repository
        // An answer to an earlier request may be of a time before what is known now.
        guard configuration.comparesHeads, var compared = try transaction.heads.compared(path),
            message.round == compared.asked, let repository = try transaction.repositories.find(path)
        else { return }
        compared.answered = message.round
        guard repository.missedPushes != .none, var listed = message.heads, !listed.isEmpty else {
            return try transaction.heads.update(compared)
        }
        let hasTags = message.hasTags && repository.missedPushes == .all
        if !hasTags { listed = listed.filter { !$0.key.hasPrefix("refs/tags/") } }
        let changes = HeadsComparison(
            known: try transaction.heads.heads(of: path),
            pushes: try transaction.heads.pushes(of: path, after: compared.formerMark),
            hasBranches: compared.hasBranches, hasTags: compared.hasTags, round: message.round
        ).changes(to: listed)
        compared.compared(withTags: hasTags)
        try transaction.heads.update(compared)
        var missed: [String] = []
        for change in changes {
            switch change {
            case .settled(let ref, let commit):
                try transaction.heads.save(.init(commit: commit), as: ref, of: path)
            case .suspected(let ref, let commit):
                let known = try transaction.heads.head(ref, of: path)
                try transaction.heads.save(
                    .init(commit: known, suspect: commit, round: message.round), as: ref, of: path)
            case .gone(let ref):
                try transaction.heads.remove(ref, of: path)
            case .missed(let ref, _, let commit) where try isBehind(ref, at: commit, of: path, in: transaction):
                try transaction.heads.save(.init(commit: commit), as: ref, of: path)
            case .missed(let ref, let before, let commit):
                // The others are as suspect the next time.
                guard missed.count < Self.mostMadeUp else { continue }
                try transaction.heads.save(.init(commit: commit), as: ref, of: path)
                let mark = try transaction.heads.mark()
                try makeUp(
                    MadeUpPush(repository: path, ref: ref, before: before, commit: commit, mark: mark),
                    of: repository, in: transaction)
                missed.append(ref)
            }
        }
        if !missed.isEmpty {
            logger.notice(
                "pushes that no hook told of are made up",
                metadata: ["repository": "\(path)", "count": "\(missed.count)", "ref": "\(missed[0])"])
            try transaction.emit(
                .pushesMissed(
                    missed, in: path, id: MessageID(rawValue: "\(path)/missed/\(message.round)"), service: "pipeline",
                    at: transaction.now), run: nil)
        }
        let hasSuspects = changes.contains { change in
            switch change {
            case .suspected: true
            case .missed: missed.count == Self.mostMadeUp
            default: false
            }
        }
        if hasSuspects { transaction.afterCommit { [comparisons] in comparisons.wake() } }
    }

    /// As many pushes of one repository are made up at once: each is a run.
    static let mostMadeUp = 50

    /// Whether the address that is listed is behind the hooks, as a copy of a server may be: a push to the commit has
    /// arrived, and the ref was not seen at anything that came after it.
    private func isBehind(
        _ ref: String, at commit: String, of path: RepositoryPath, in transaction: Transaction
    ) throws -> Bool {
        guard let push = try transaction.heads.lastPush(of: ref, to: commit, in: path) else { return false }
        guard let seen = try transaction.heads.head(ref, of: path),
            let last = try transaction.heads.lastPush(of: ref, to: seen, in: path)
        else { return true }
        return last < push
    }

    /// Makes the run of a push that no hook told of; it waits for its source.
    private func makeUp(_ push: MadeUpPush, of repository: Repository, in transaction: Transaction) throws {
        let isTag = push.ref.hasPrefix("refs/tags/")
        let trigger = Trigger(
            id: MessageID(rawValue: "missed-\(MessageID.make(at: transaction.now))"), event: isTag ? .tag : .push,
            repository: push.repository, ref: push.ref,
            branch: isTag ? nil : String(push.ref.dropFirst("refs/heads/".count)), before: push.before,
            commit: push.commit, madeUp: true, receivedAt: transaction.now)
        var run = try newRun(trigger, in: transaction)
        run.reason = "waits for the source"
        try transaction.runs.insert(run, details: RunDetails(trigger: trigger))
        try transaction.heads.add(push, now: transaction.now)
        try transaction.send(
            SyncRequested(trigger: trigger, cloneURL: repository.cloneURL), id: trigger.id, run: nil)
        transaction.changed(run.id, of: run.repository)
    }

    /// Notes that a hook told of a push, so that the repository's heads are compared from now on.
    /// - Parameter commit: where the push led; that of the trigger if absent.
    /// - Returns: `false` where the push was made up before, so that it adds nothing.
    func acceptPush(_ trigger: Trigger, commit: String? = nil, in transaction: Transaction) throws -> Bool {
        guard trigger.isPush, trigger.madeUp != true else { return true }
        if let commit = commit ?? trigger.commit {
            let heads = transaction.heads
            for push in try heads.madeUp(trigger.ref, at: commit, of: trigger.repository) {
                let isLate = push.isToldLate(
                    by: trigger, head: try heads.head(push.ref, of: push.repository),
                    since: try heads.pushes(of: push.repository, after: push.mark, ref: push.ref))
                guard isLate else { continue }
                logger.notice(
                    "a hook came late: its push was made up before",
                    metadata: [
                        "repository": "\(trigger.repository)", "ref": "\(trigger.ref)", "commit": "\(commit)",
                        "message": "\(trigger.id)",
                    ])
                return false
            }
        }
        if try transaction.heads.noteHook(of: trigger.repository) {
            transaction.afterCommit { [comparisons] in comparisons.wake() }
        }
        return true
    }
}

extension Trigger {
    /// Whether it is the push of a branch or a tag, and not somebody's or a schedule's wish.
    fileprivate var isPush: Bool {
        run == nil && (event == .push || event == .tag)
            && (ref.hasPrefix("refs/heads/") || ref.hasPrefix("refs/tags/"))
    }
}

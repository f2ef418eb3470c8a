import Contracts
import Logging
import Messaging
import Secrets
import Storage
import Text

/// What workers say of themselves.
extension RunEngine {
    /// Why whoever asks or announces under a login is not taken for this worker; `nil` where it is. In the first day after
    /// an upgrade workers that had jobs before it bear none yet.
    func refusal(
        of login: String, as worker: String, taking scope: WorkerScope, in tables: some Tables
    ) throws -> String? {
        let queue = MessageMap.wakes(of: scope).name
        guard login == BrokerLogin.earlier else {
            return BrokerUser.may(login, take: scope)
                ? nil
                : "the login \(login) is not given the jobs of \(queue); pipeline broker definitions makes one that is"
        }
        guard try !tables.workers.isFormer(worker, of: queue) else { return nil }
        return "the worker \(worker) bears no login, and had no job of \(queue) before the upgrade; update it"
    }

    /// Refuses what a worker says of itself where it is longer than any worker has reason to say.
    /// - Throws: `Problem`.
    static func bound(_ names: [String?], _ scope: WorkerScope?, keys: [String]?) throws {
        let all = names.compactMap(\.self) + (scope?.labels ?? []) + (keys ?? [])
        if all.count > 512 {
            throw Problem(code: "malformed_worker", message: "\(all.count) labels and keys are more than a worker has")
        }
        if let long = all.first(where: { $0.utf8.count > 255 }) {
            throw Problem(
                code: "malformed_worker",
                message:
                    "“\(UTF8Boundary.prefix(long, bytes: 64))…” has \(long.utf8.count) bytes, and a worker's names and "
                    + "labels have 255 at most")
        }
    }

    /// A worker is there, or leaves. What its earlier lives had that have ended goes to others at once; and where jobs
    /// wait that it may take while it has a free slot, it is called: a wake may have been lost.
    /// - Throws: `Problem` where the login is not that of such a worker.
    func announced(_ message: WorkerAnnounced, by login: String, in transaction: Transaction) throws {
        let workers = transaction.workers
        try Self.bound(
            [message.name, message.life, message.version], message.scope,
            keys: (message.keys ?? []) + (message.ended ?? []))
        if let reason = try refusal(of: login, as: message.name, taking: message.scope, in: transaction) {
            throw Problem(code: JobClaim.refusedLogin, message: reason)
        }
        if login != BrokerLogin.earlier { try workers.forgetFormer(message.name, of: message.scope.queue) }
        let key = Worker.Key(queue: message.scope.queue, name: message.name)
        let known = try workers.find(key.name, of: key.queue)
        let isNew = known?.life != message.life
        let ended = message.ended ?? []
        if isNew, let known, !ended.contains(known.life), known.life > message.life, known.isHeard(at: transaction.now)
        {
            // Said before that one was started, and late; or two workers have one name.
            logger.warning(
                "an earlier life of a worker is passed over", metadata: ["worker": "\(message.name)"])
            return
        }
        if message.isLeaving {
            // Said by a life that is over by now, it does not concern the one after.
            guard !isNew else { return }
            try workers.remove(key.name, of: key.queue)
            return transaction.waitsChanged()
        }
        let worker = Worker(
            name: message.name, life: message.life, scope: message.scope, slots: message.slots,
            version: message.version,
            problem: message.problem.map(Quotas.words)
                ?? configuration.handover(to: message.keys).problem(of: SealAudience(message.scope)),
            since: isNew ? transaction.now : known?.since ?? transaction.now, heardAt: transaction.now,
            keys: message.keys)
        try workers.save(worker)
        if isNew {
            try workers.prune(now: transaction.now)
            try workers.bound(key.queue)
            try endLives(ended, of: key, in: transaction)
        }
        var same = known
        same?.heardAt = worker.heardAt
        same?.drainedBy = nil
        if same != worker || known?.isHeard(at: transaction.now) != true {
            transaction.waitsChanged()
        }
        if worker.problem == nil, known?.drainedBy == nil, try transaction.jobs.leased(by: key) < message.slots,
            try transaction.turns.isWaiting(for: message.scope)
        {
            try transaction.send(JobsWaiting(scope: message.scope), run: nil)
        }
    }

    /// Calls the other builders of a pool that have jobs waiting for them: what was to wake them came to another.
    func callOthers(than scope: WorkerScope, in transaction: Transaction) throws {
        let scopes = try transaction.workers.scopes(at: transaction.now).filter {
            $0.queue == scope.queue && $0.labels != scope.labels
        }
        for other in scopes where try transaction.turns.isWaiting(for: other) {
            try transaction.send(JobsWaiting(scope: other), run: nil)
        }
    }

    /// Wakes, for each pool and cluster of which no worker has announced itself, those of the job that is next: there may be
    /// some of the version before, which do not. Those had no labels in these queues, so that however many labels
    /// pipelines make up, no more wakes come together than there are pools and clusters; and where none of them takes one,
    /// each comes twice as late as the one before, as ``WakePauses`` says.
    func recount() async throws {
        try await store.write { transaction in
            let heard = try transaction.workers.scopes(at: transaction.now)
            let executor = RunExecutor(self, transaction)
            let jobs = try transaction.turns.first().compactMap(transaction.jobs.find).filter {
                $0.scope.labels.isEmpty && !heard.contains($0.scope)
            }
            let due = pauses.due(jobs.map(\.scope))
            for job in jobs where due.contains(job.scope) { try executor.wakeAgain(job) }
        }
    }

    /// A job has ended: where its repository, or all together, had as many at work as may be, workers are called for those
    /// that were passed over meanwhile.
    func callHeldBack(after job: Job, in transaction: Transaction) throws {
        let quotas = configuration.quotas
        func wasFull(_ limit: Int, _ repository: RepositoryPath?) throws -> Bool {
            try transaction.jobs.count(.atWork, of: repository, limit: limit) == limit - 1
        }
        guard try wasFull(quotas.repositoryAtWork, job.repository) || wasFull(quotas.atWork, nil) else { return }
        // Labels are what pipelines make up: only workers that are there are called.
        for scope in try transaction.workers.scopes(at: transaction.now)
        where try transaction.turns.isWaiting(for: scope) {
            try transaction.send(JobsWaiting(scope: scope), run: nil)
        }
        transaction.waitsChanged()
    }
}

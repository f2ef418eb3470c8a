import Contracts
import Logging
import Secrets
import Storage

/// What workers say of themselves.
extension RunEngine {
    /// A worker is there, or leaves. What an earlier life of it had and is not heard of goes to others soon; and where jobs
    /// wait that it may take while it has a free slot, it is called: a wake may have been lost.
    func announced(_ message: WorkerAnnounced, in transaction: Transaction) throws {
        let workers = transaction.workers
        let key = Worker.Key(queue: message.scope.queue, name: message.name)
        let known = try workers.find(key.name, of: key.queue)
        let isNew = known?.life != message.life
        if isNew, let known, known.life > message.life, known.isHeard(at: transaction.now) {
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
            problem: message.problem
                ?? configuration.handover(to: message.keys).problem(of: SealAudience(message.scope)),
            since: isNew ? transaction.now : known?.since ?? transaction.now, heardAt: transaction.now,
            keys: message.keys)
        try workers.save(worker)
        if isNew {
            try workers.prune(now: transaction.now)
            // One that lives on, such as another worker of this name, sends its next heartbeat within a third of the lease.
            try transaction.jobs.shortenLeases(
                of: key, before: message.life, until: transaction.now.adding(configuration.lease / 2))
            transaction.afterCommit { [deadlines] in deadlines.wake() }
        }
        var same = known
        same?.heardAt = worker.heardAt
        if same != worker || known?.isHeard(at: transaction.now) != true {
            transaction.waitsChanged()
        }
        if worker.problem == nil, try transaction.jobs.leased(by: key) < message.slots,
            try transaction.turns.isWaiting(for: message.scope)
        {
            try transaction.send(JobsWaiting(scope: message.scope), run: nil)
        }
    }

    /// Calls the other builders of a pool that have jobs waiting for them: what was to wake them came to another.
    func callOthers(than scope: WorkerScope, in transaction: Transaction) throws {
        let scopes = Set(try transaction.workers.heard(at: transaction.now).map(\.scope)).filter {
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
            let heard = Set(try transaction.workers.heard(at: transaction.now).map(\.scope))
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
        for scope in Set(try transaction.workers.heard(at: transaction.now).map(\.scope))
        where try transaction.turns.isWaiting(for: scope) {
            try transaction.send(JobsWaiting(scope: scope), run: nil)
        }
        transaction.waitsChanged()
    }
}

import Contracts
import Logging
import Storage

/// What workers say of themselves.
extension RunEngine {
    /// A worker is there, or leaves. What an earlier life of it had and is not heard of goes to others soon; and where jobs
    /// wait that it may take while it has a free slot, it is called: a wake may have been lost.
    func announced(_ message: WorkerAnnounced, in transaction: Transaction) throws {
        let workers = transaction.workers
        let known = try workers.find(message.name)
        let isNew = known?.life != message.life
        if isNew, let known, known.life > message.life, known.isHeard(at: transaction.now) {
            // Said before that one was started, and late; or two workers have one name.
            logger.warning(
                "an earlier life of a worker is passed over", metadata: ["worker": "\(message.name)"])
            return
        }
        if let known, known.scope.queue != message.scope.queue, known.isHeard(at: transaction.now) {
            logger.warning(
                "a worker has the name of one of another pool or cluster, and is passed over",
                metadata: ["worker": "\(message.name)", "queue": "\(message.scope.queue)"])
            return
        }
        if message.isLeaving {
            // Said by a life that is over by now, it does not concern the one after.
            guard !isNew else { return }
            try workers.remove(message.name)
            return try tellWaiting(message.scope, in: transaction)
        }
        let worker = Worker(
            name: message.name, life: message.life, scope: message.scope, slots: message.slots,
            version: message.version, problem: message.problem,
            since: isNew ? transaction.now : known?.since ?? transaction.now, heardAt: transaction.now,
            keys: message.keys)
        try workers.save(worker)
        if isNew {
            try workers.prune(now: transaction.now)
            // One that lives on, such as another worker of this name, sends its next heartbeat within a third of the lease.
            try transaction.jobs.shortenLeases(
                of: message.name, before: message.life, until: transaction.now.adding(configuration.lease / 2))
            transaction.afterCommit { [deadlines] in deadlines.wake() }
        }
        var same = known
        same?.heardAt = worker.heardAt
        if same != worker || known?.isHeard(at: transaction.now) != true {
            try tellWaiting(message.scope, in: transaction)
        }
        if message.problem == nil, try transaction.jobs.leased(by: message.name).count < message.slots,
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
    /// pipelines make up, no more wakes come together than there are pools and clusters.
    func recount() async throws {
        try await store.write { transaction in
            let heard = Set(try transaction.workers.heard(at: transaction.now).map(\.scope))
            let executor = RunExecutor(self, transaction)
            for id in try transaction.turns.first() {
                guard let job = try transaction.jobs.find(id), job.scope.labels.isEmpty, !heard.contains(job.scope)
                else { continue }
                try executor.wakeAgain(job)
            }
        }
    }

    /// What the waiting runs say they wait for may have changed.
    private func tellWaiting(_ scope: WorkerScope, in transaction: Transaction) throws {
        for run in try transaction.jobs.waitingRuns(scope.queue) { transaction.changed(run) }
    }
}

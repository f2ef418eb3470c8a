import Contracts
import Logging
import Messaging
import PipelineLanguage
import Secrets
import Storage

extension RunEngine {
    /// Gives a worker the best job that it may take, or says why there is none.
    /// - Parameter login: the broker's login that asks: one that is a pool's or a cluster's is given no other's jobs.
    func claim(_ claim: JobClaim, by login: String, in transaction: Transaction) throws -> JobClaimReply {
        let executor = RunExecutor(self, transaction)
        let drainer = try transaction.workers.drainer(of: claim.worker)
        try Self.bound(
            [claim.worker, claim.id, claim.life, claim.namespace, claim.cluster], claim.scope, keys: claim.keys)
        // One of an earlier version knows no such refusal.
        if let problem = configuration.handover(to: claim.keys).problem(of: SealAudience(claim.scope ?? WorkerScope()))
        {
            logger.warning(
                "a worker is given no job", metadata: ["worker": "\(claim.worker)", "reason": "\(problem)"])
            return .refused(.init(code: claim.keys == nil ? .nothing : .noKey, reason: problem))
        }
        guard let scope = claim.scope else {
            if let drainer {
                return .refused(.init(code: .nothing, reason: "\(drainer) has this worker drained"))
            }
            return try take(claim, by: login, executor, in: transaction)
        }
        try check(login, scope, claim, in: transaction)
        try learn(of: scope, from: claim, in: transaction)
        if let id = claim.id, let job = try transaction.jobs.claimed(id, by: claim.worker),
            scope.takes(job.scope), let run = try executor.find(job.run)
        {
            // It was answered before, which the worker has not heard.
            return .granted(try grant(job, run, to: claim.keys, in: transaction))
        }
        if let drainer {
            // The wake may have been meant for another: all are called, and this one then asks without a wake.
            if claim.job != nil {
                try transaction.send(JobsWaiting(scope: scope), run: nil)
                if scope.cluster == nil { try callOthers(than: scope, in: transaction) }
            }
            return .refused(.init(code: .nothing, reason: "\(drainer) has this worker drained"))
        }
        return try next(scope, claim, executor, in: transaction)
    }

    /// Answers a worker of the version before, which names the job of its wake and does not say which jobs it takes: it gets
    /// that one, or where another worker has it, the next that any worker of the queue may take.
    private func take(
        _ claim: JobClaim, by login: String, _ executor: RunExecutor, in transaction: Transaction
    ) throws -> JobClaimReply {
        guard let id = claim.job, let job = try transaction.jobs.find(id) else {
            return .refused(.init(code: .unknown, reason: "there is no job \(claim.job?.rawValue ?? "")"))
        }
        let scope = WorkerScope(pool: job.scope.pool, cluster: job.scope.cluster)
        try check(login, scope, claim, in: transaction)
        try learn(of: scope, from: claim, in: transaction)
        let isOwn = job.lease.state == .leased && job.lease.worker == claim.worker
        let own = try isOwn || scope == job.scope ? give(job, claim, executor, in: transaction) : nil
        if let own, isOwn || own.isGranted { return own }
        let other = try next(scope, claim, executor, in: transaction)
        return other.isGranted ? other : own ?? other
    }

    /// How many jobs one claim looks at.
    private static let claimLimit = 32

    /// - Throws: `Problem` where the login is that of another pool or cluster, or of another service.
    private func check(
        _ login: String, _ scope: WorkerScope, _ claim: JobClaim, in transaction: Transaction
    ) throws {
        guard let reason = try refusal(of: login, as: claim.worker, taking: scope, in: transaction) else { return }
        throw Problem(code: JobClaim.refusedLogin, message: reason)
    }

    private func next(
        _ scope: WorkerScope, _ claim: JobClaim, _ executor: RunExecutor, in transaction: Transaction
    ) throws -> JobClaimReply {
        var seen: Set<JobID> = []
        let quotas = configuration.quotas
        guard try transaction.jobs.count(.atWork, of: nil, limit: quotas.atWork) < quotas.atWork else {
            return .refused(.init(code: .nothing, reason: "\(quotas.atWork) jobs are at work, and no more may"))
        }
        while let id = try transaction.turns.next(scope, atWork: quotas.repositoryAtWork), seen.insert(id).inserted,
            let job = try transaction.jobs.find(id)
        {
            // Others wait for the writer: the worker asks again for what is behind so many that nobody may take.
            guard seen.count <= Self.claimLimit else {
                try transaction.send(JobsWaiting(scope: scope), run: nil)
                break
            }
            do {
                let reply = try give(job, claim, executor, in: transaction)
                if reply.isGranted { return reply }
            } catch let error as StoreError where error.code != .corrupt {
                throw error
            } catch {
                try giveUp(job, error, executor, in: transaction)
            }
        }
        // The wake may have been meant for other workers of the pool.
        if claim.job != nil, scope.cluster == nil { try callOthers(than: scope, in: transaction) }
        return .refused(.init(code: .nothing, reason: "no job waits that this worker may take"))
    }

    /// Ends a job that cannot be given to anyone, so that those behind it go on.
    private func giveUp(
        _ job: Job, _ error: any Error, _ executor: RunExecutor, in transaction: Transaction
    ) throws {
        let reason = "it cannot be given to a worker: \(error)"
        logger.error(
            "a job cannot be granted", metadata: ["job": "\(job.id)", "run": "\(job.run)", "error": "\(error)"])
        do {
            if try executor.update(job.run, { $0.refuse(job.id, reason) }) { return }
        } catch let error as StoreError where error.code != .corrupt {
            throw error
        } catch {
            logger.error("its run cannot be read", metadata: ["run": "\(job.run)", "error": "\(error)"])
        }
        try close(job, reason, executor, in: transaction)
    }

    private func learn(of scope: WorkerScope, from claim: JobClaim, in transaction: Transaction) throws {
        guard let namespace = claim.namespace, let cluster = scope.place else { return }
        try learn(namespace, claim.cluster, of: cluster, in: transaction)
    }

    /// Whether a queued job still may be done: since it was offered its pool or its environment may have changed.
    private func reconsider(
        _ id: JobID, of run: ActiveRun, _ executor: RunExecutor, in transaction: Transaction
    ) throws -> JobClaimReply.Refusal? {
        guard let job = run.job(id), job.lease.state == .queued else { return nil }
        try executor.update(run.id) { $0.reconsider(id) }
        let known = try executor.find(run.id)?.job(id)
        guard let now = try known ?? transaction.jobs.find(id), now.lease.state != .queued else { return nil }
        if let waits = now.waits { return .init(code: .taken, reason: "it \(waits)") }
        guard now.lease.state.isFinal else { return nil }
        return .init(code: .finished, reason: now.lease.reason ?? "its environment does not let it go any more")
    }

    private func give(
        _ job: Job, _ claim: JobClaim, _ executor: RunExecutor, in transaction: Transaction
    ) throws -> JobClaimReply {
        guard let run = try executor.find(job.run), run.index(of: job.id) != nil else {
            try close(job, "its run is over", executor, in: transaction)
            return .refused(.init(code: .cancelled, reason: "its run is over"))
        }
        if let refusal = try reconsider(job.id, of: run, executor, in: transaction) { return .refused(refusal) }
        if let refusal = try fence(job.id, of: run, executor, in: transaction) { return .refused(refusal) }
        var reply = JobClaimReply.refused(.init(code: .cancelled, reason: "its run is over"))
        try executor.update(run.id) { run in
            let attempt = job.id == claim.job && claim.scope == nil ? claim.attempt ?? 0 : job.lease.attempt
            let (decision, changes) = run.claim(
                job.id, attempt: attempt, worker: claim.worker, claim: claim.id, life: claim.life)
            reply = try answer(decision, to: job.id, run, with: claim.keys, in: transaction)
            guard case .granted(let grant) = reply else { return changes }
            let withheld = [grant.withheld, grant.withheldLogins].compactMap { $0?.values.sorted() }.joined()
            return changes + run.withheld(Array(withheld), from: job.id)
        }
        if case .granted(let grant) = reply {
            try transaction.turns.served(job)
            try transaction.audit(grant, of: job, to: claim.worker)
        }
        return reply
    }

    /// Whether a queued rollout still may go: since it was offered its workload may have turned out to be the one of
    /// another rollout.
    private func fence(
        _ id: JobID, of run: ActiveRun, _ executor: RunExecutor, in transaction: Transaction
    ) throws -> JobClaimReply.Refusal? {
        guard let job = run.job(id), job.lease.state == .queued, let workload = job.workload, let rollout = job.rollout
        else { return nil }
        let verdict = try transaction.jobs.rollouts(of: workload).admit(rollout).verdict
        guard verdict != .dispatch else { return nil }
        try executor.takeTurn(id, of: run.id)
        guard case .superseded = verdict else {
            return .init(code: .taken, reason: "it waits for another rollout to \(workload) to end")
        }
        let reason = try transaction.jobs.find(id)?.lease.reason
        return .init(code: .superseded, reason: reason ?? "a newer rollout took its place")
    }

    private func answer(
        _ claim: JobLease.Claim, to id: JobID, _ run: ActiveRun, with keys: [String]?, in transaction: Transaction
    ) throws -> JobClaimReply {
        guard let job = run.job(id) else { return .refused(.init(code: .unknown, reason: "there is no job \(id)")) }
        return switch claim {
        case .refused(let code, let reason): .refused(.init(code: code, reason: reason))
        case .requeued:
            .refused(
                .init(code: .newerAttempt, reason: "it was queued again as attempt \(job.lease.attempt)"))
        case .gaveUp(let reason): .refused(.init(code: .finished, reason: reason))
        case .granted: .granted(try grant(job, run, to: keys, in: transaction))
        }
    }

    /// - Parameter keys: the ids of those that the worker has; `nil` for one of an earlier version.
    private func grant(
        _ job: Job, _ run: ActiveRun, to keys: [String]?, in tables: some Tables
    ) throws -> JobGrant {
        let handover = configuration.handover(to: keys, now: run.now)
        let binding = SealBinding.Grant(
            job: job.id, run: job.run, repository: run.summary.repository, for: SealAudience(job.scope))
        let stage = run.plan.stageToRun(job.stage)
        guard let commit = run.summary.commit else {
            throw StoreError(.corrupt, "the run \(job.run) was planned without a commit")
        }
        let repository = try tables.repositories.find(run.summary.repository)
        var variables = Self.variables(of: run.summary, commit, run.details, configuration)
        variables.cloneURL = repository?.cloneURL
        variables.forge = repository?.forge
        variables.startedAt = run.summary.startedAt
        variables.stageNumber = job.stage + 1
        variables.stageStartedAt = run.startOfStage(job.stage)
        let document = try JSONValue(encoding: stage)
        let environment = run.environment(of: job)
        let part = try JobPart(of: stage, document, for: job)
        let given = try secrets(for: job, part, run, in: tables) { secret in
            try handover.reseal(secret.kept, for: binding.secret(secret.name))
        }
        let dropped = run.dropped(for: job)
        let outputs = run.outputs(for: job)
        let parameters = try ProcessCompiler.values(of: run.plan.process, given: run.details.trigger.parameters)
        let known = variables.environment(stage: stage).merging(environment?.rules.variables ?? [:]) { own, _ in own }
        let logins = try logins(
            for: part, run, handedOn: outputs.values.flatMap(\.values) + parameters.values + known.values,
            in: tables
        ) { access in
            try handover.reseal(access.kept, for: binding.registry(access.place.description))
        }
        return JobGrant(
            job: job.id, run: job.run, attempt: job.lease.attempt,
            token: configuration.grantTokens.sign(job.id, attempt: job.lease.attempt),
            leaseSeconds: Int(configuration.terms.lease / .seconds(1)),
            holdSeconds: Int(configuration.terms.hold / .seconds(1)),
            timeoutSeconds: job.timeLimit, repository: run.summary.repository, commit: commit,
            ref: run.summary.ref, stage: document, steps: job.steps, outcomes: run.outcomes(before: job),
            failedStages: run.failedStages(beside: job.stage),
            outputs: outputs, dropped: dropped.isEmpty ? nil : dropped,
            environment: known,
            parameters: parameters,
            secrets: given.secrets, imageSecrets: given.ofImages.isEmpty ? nil : given.ofImages,
            withheld: given.withheld.isEmpty ? nil : given.withheld,
            registries: logins.unlimited, logins: logins.logins,
            withheldLogins: logins.withheld.isEmpty ? nil : logins.withheld,
            source: try source(for: job, stage, run, cloneURL: repository?.cloneURL) {
                try handover.seal($0, for: binding.mirror($1))
            },
            limits: JobLimits(logBytes: configuration.quotas.logBytes),
            sequence: job.sequence, permit: try environment.map { try permit(of: $0, for: job, run, in: tables) },
            traceparent: job.trace)
    }

    /// What a rollout may do, and take: a workload without an owner's mark where nobody else may roll out to it, and
    /// whatever was given to its repository.
    private func permit(
        of environment: Environment, for job: Job, _ run: ActiveRun, in tables: some Tables
    ) throws -> RolloutPermit {
        var permit = environment.permit
        if run.rules.gate.isAdopted(job) {
            permit.takes = .any
        } else if try candidates(for: job, run, in: tables) == [run.summary.repository] {
            permit.takes = .unmarked
        }
        return permit
    }

    /// The repositories that some environment lets roll out to the workload of a job.
    private func candidates(for job: Job, _ run: ActiveRun, in tables: some Tables) throws -> Set<RepositoryPath> {
        let stage = run.plan.stageToRun(job.stage)
        guard let deploy = job.steps.first.flatMap(stage.step)?.deploy, let workload = deploy.workload,
            let cluster = job.scope.place
        else { return [] }
        let known = try tables.clusters.find(cluster)
        let names = try tables.clusters.names(of: cluster) + [cluster]
        let namespace = deploy.namespace ?? known.namespace ?? "default"
        let paths = Set(try tables.repositories.paths(limit: .max))
        var found: Set<RepositoryPath> = []
        for environment in try tables.environments.all() {
            func covers(_ environment: Environment) -> Bool {
                environment.covers(workload, in: namespace, of: names, own: known.namespace)
            }
            let own = Set(environment.rules.ownRepositories.map(RepositoryPath.init(rawValue:))).intersection(paths)
            found.formUnion(own.filter { covers(environment.narrowed(to: $0)) })
            guard covers(environment) else { continue }
            let others = paths.subtracting(own)
            found.formUnion(others.filter { RolloutPermit.covers(environment.rules.repositories, $0.rawValue) })
        }
        return found
    }

    /// A rollout by a `deploy` block needs no source; commands may.
    private func source(
        for job: Job, _ stage: Stage, _ run: ActiveRun, cloneURL: String?,
        seal: (_ token: String, _ url: String) throws -> SealedSecret
    ) throws -> SourceAccess? {
        let isRolloutOnly = job.steps.allSatisfy { stage.step($0)?.deploy != nil }
        guard let url = run.details.mirrorURL, !stage.clone.disable, !isRolloutOnly else { return nil }
        // A job waits for nothing once it is granted, but a builder may fetch late and again.
        let expiry = run.now.adding(.seconds(job.timeLimit)).adding(.seconds(300))
        let token = configuration.mirrorTokens.sign(run.summary.repository, until: expiry)
        return SourceAccess(url: url, token: try seal(token, url), cloneURL: cloneURL)
    }
}

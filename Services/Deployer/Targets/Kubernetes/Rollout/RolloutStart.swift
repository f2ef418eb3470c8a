import Contracts
import Kubernetes
import Logging
import PipelineLanguage
import Worker

/// The beginning of a rollout: looks at the workload and changes it, unless it was changed already.
///
/// An API server that is away for a moment is waited for. Where it is not known whether a change was made, the workload
/// is read again, and tells.
struct RolloutStart: Sendable {
    enum Begun: Sendable {
        /// Changed, or annotated where it has the image already.
        case changed(WorkloadObject, isFirst: Bool)
        case resumed(WorkloadObject)
        /// A worker before this one undid the rollout.
        case undone(WorkloadObject)
    }

    let client: KubernetesClient
    let request: RolloutRequest
    let path: WorkloadPath
    /// Whether a failure is undone, for which more rights are needed.
    let undoes: Bool
    let deadline: ContinuousClock.Instant
    let log: any StepLog
    let logger: Logger

    /// - Parameter mayHaveBegun: Whether the change may have been made; `true` from the first request that may make it.
    /// - Throws: `JobFailure` with the reason for people, or `CancellationError`.
    func run(_ mayHaveBegun: inout Bool) async throws -> Begun {
        var pause = RetryPause()
        var isFirst: Bool?
        var toldConflict = false
        while true {
            do {
                if isFirst == nil { try await checkRights() }
                return try await attempt(&isFirst, &mayHaveBegun)
            } catch let error as KubernetesError where error.code == .conflict {
                try Task.checkCancellation()
                // Somebody writes to it at the same time, such as an autoscaler or an operator: it may take a while.
                let wait = pause.pause(after: error)
                guard .now + wait < deadline else {
                    throw JobFailure(
                        "the rollout could not begin in time: \(request.workload) is changed by others all the time: "
                            + error.message)
                }
                if !toldConflict { await log.line("\(request.workload) was changed by others meanwhile; trying again") }
                toldConflict = true
                try await Task.sleep(for: wait)
            } catch let error as KubernetesError where error.isTransient {
                try Task.checkCancellation()
                let wait = pause.pause(after: error)
                guard .now + wait < deadline else {
                    throw JobFailure("the rollout could not begin in time: \(error.message)")
                }
                await log.line("\(error.message); trying again")
                try await Task.sleep(for: wait)
            } catch let error as KubernetesError {
                throw JobFailure("\(request.workload) cannot be rolled out: \(error.message)")
            }
        }
    }

    /// Told before anything is changed: half way it would be a wait without an end, or a failure nobody can undo.
    private func checkRights() async throws {
        let rights = RolloutRights(path, undoes: undoes)
        let missing: [AccessRight]
        do throws(KubernetesError) {
            missing = try await AccessReview(client: client, namespace: request.namespace).missing(
                of: rights.needed + rights.useful)
        } catch {
            switch error.code {
            case .forbidden, .notFound, .invalid, .malformed:
                // Then each request tells for itself.
                logger.debug("the cluster does not tell rights", metadata: ["error": "\(error)"])
                return
            default: throw error
            }
        }
        let lacking = missing.filter(rights.needed.contains)
        guard lacking.isEmpty else {
            throw JobFailure(
                "the deployer's account in the cluster may not \(Self.list(lacking)) in namespace \(request.namespace), "
                    + "which this rollout needs; Compose/kubernetes/deployer.yaml has the role")
        }
        if !missing.isEmpty {
            await log.line(
                "the deployer's account may not \(Self.list(missing)) in namespace \(request.namespace): should this fail, "
                    + "less can be told and done about it")
        }
    }

    private static func list(_ rights: [AccessRight]) -> String {
        rights.map(\.description).joined(separator: ", ")
    }

    private func attempt(_ isFirst: inout Bool?, _ mayHaveBegun: inout Bool) async throws -> Begun {
        let found = try await read()
        // Once the answer to a change has been lost, what is found may be that change already.
        let first = isFirst ?? (found.annotation(RolloutAnnotation.run) == nil)
        isFirst = first
        switch RolloutDecision(request, on: found) {
        case .refuse(let reason): throw JobFailure(reason)
        case .undone: return .undone(found)
        case .resume:
            await log.line("\(request.workload) has been changed by this rollout already; watching it")
            mayHaveBegun = true
            return .resumed(found)
        case .annotate(let patch):
            let changed = try await apply(patch, &mayHaveBegun)
            var isUnderWay = true
            if case .done = RolloutStatus(found, kind: request.workload.kind) { isUnderWay = false }
            await log.line(
                "\(request.workload) in namespace \(request.namespace): container \(request.container) has \(request.image) already; "
                    + (isUnderWay ? "the change that brought it is under way, and is watched" : "nothing is restarted"))
            return .changed(changed, isFirst: first)
        case .patch(let patch):
            if mayHaveBegun, try await hasBegun(found) { throw JobFailure(RolloutDecision.replaced(request)) }
            if let problem = RolloutOrigin.problem(in: found) {
                await log.line("\(problem); should this rollout fail, what was there before that is not known")
            }
            let changed = try await apply(patch, &mayHaveBegun)
            await log.line(
                "\(request.workload) in namespace \(request.namespace): container \(request.container) from "
                    + "\(found.container(request.container)?.image ?? "none") to \(request.image)")
            return .changed(changed, isFirst: first)
        }
    }

    /// Whether the workload once was what this rollout makes of it: `kubectl rollout undo` takes back the annotations that
    /// say so, but the revision stays.
    private func hasBegun(_ workload: WorkloadObject) async throws(KubernetesError) -> Bool {
        do {
            return try await RolloutRevision.kept(of: workload, path, client).contains {
                $0.rollout == request.job.rawValue
            }
        } catch  where error.code == .forbidden {
            return false
        }
    }

    private func apply(_ patch: JSONValue, _ mayHaveBegun: inout Bool) async throws -> WorkloadObject {
        do throws(KubernetesError) {
            // Asked first without effect: what the cluster does not accept is found before anything changes.
            _ = try await client.patch(path.object, patch, dryRun: true, as: WorkloadObject.self)
            guard !Task.isCancelled else { throw KubernetesError(.unavailable, "the rollout was stopped") }
            mayHaveBegun = true
            return try await change(patch)
        } catch {
            if error.isTransient || error.code == .conflict { throw error }
            throw JobFailure("the cluster does not accept the change of \(request.workload): \(error.message)")
        }
    }

    /// A separate task: a change whose answer nobody waits for may be made after it was looked for.
    private func change(_ patch: JSONValue) async throws(KubernetesError) -> WorkloadObject {
        let (client, path) = (client, path.object)
        let answer = Task { () -> Result<WorkloadObject, KubernetesError> in
            do throws(KubernetesError) {
                return .success(try await client.patch(path, patch, dryRun: false, as: WorkloadObject.self))
            } catch {
                return .failure(error)
            }
        }
        return try await answer.value.get()
    }

    private func read() async throws -> WorkloadObject {
        do throws(KubernetesError) {
            return try await client.get(path.object)
        } catch {
            if error.isTransient { throw error }
            if error.code == .notFound { throw JobFailure(await explainMissing()) }
            throw JobFailure("\(request.workload) cannot be read: \(error.message)")
        }
    }

    /// What there is instead of the workload.
    private func explainMissing() async -> String {
        let missing = "there is no \(request.workload) in namespace \(request.namespace)"
        do {
            let list = try await client.get(path.collection, as: ObjectList<NamedObject>.self)
            let names = list.items.map(\.metadata.name)
            if !names.isEmpty { return "\(missing); its \(path.plural) are: \(names.joined(separator: ", "))" }
            let spaces = try await client.get("/api/v1/namespaces", as: ObjectList<NamedObject>.self)
            if spaces.items.contains(where: { $0.metadata.name == request.namespace }) {
                return "\(missing), which has no \(path.plural) at all; create it first, rollouts only change it"
            }
            let known = spaces.items.map(\.metadata.name).joined(separator: ", ")
            return "\(missing), because there is no such namespace; there are: \(known)"
        } catch {
            logger.debug("what there is cannot be listed", metadata: ["error": "\(error)"])
            return missing
        }
    }
}

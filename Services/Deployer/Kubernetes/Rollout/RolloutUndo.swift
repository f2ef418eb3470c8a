import Contracts
import Logging
import PipelineLanguage
import Worker

/// Puts the revision before a failed rollout back, as `kubectl rollout undo` does.
///
/// Only where the workload is still as this rollout left it: what others did since is not touched.
struct RolloutUndo: Sendable {
    let client: KubernetesClient
    let wish: RolloutWish
    let path: WorkloadPath
    let log: any StepLog
    let logger: Logger

    /// Never throws: the rollout failed already, and that it could not be undone is a line in the log.
    func run() async {
        do {
            for _ in 1...5 {
                do {
                    try await undo()
                    return
                } catch let error as KubernetesError where error.code == .conflict {
                    continue
                }
            }
            await log.line("the rollout is not undone: the workload is changed by others all the time")
        } catch {
            await log.line("the rollout is not undone: \(error)")
        }
    }

    private func undo() async throws {
        let found = try await client.get(path.object, as: WorkloadObject.self)
        guard found.spec.template.metadata?.annotations?[RolloutAnnotation.rollout] == wish.job.rawValue else {
            await log.line("the rollout is not undone: the workload was changed by another hand since")
            return
        }
        let undone: (revision: String, workload: WorkloadObject)?
        switch wish.workload.kind {
        case .deployment: undone = try await undoDeployment(found)
        case .statefulset, .daemonset: undone = try await undoByControllerRevision(found)
        }
        guard let undone else {
            await log.line("the rollout is not undone: there is no earlier revision to go back to")
            return
        }
        await log.line("rolled back to revision \(undone.revision)")
    }

    // MARK: - Deployment

    /// A ReplicaSet as it is, since its template goes back as a whole.
    private struct Revision {
        var number: Int64
        var template: JSONValue
    }

    private func undoDeployment(_ found: WorkloadObject) async throws -> (String, WorkloadObject)? {
        let query = found.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        let sets = try await client.get(path.replicaSets, query: query, as: ObjectList<JSONValue>.self)
        let revisions = sets.items.compactMap { Self.revision(of: $0, owner: found.metadata.uid) }
        guard let previous = revisions.filter({ !isOurs($0.template) }).max(by: { $0.number < $1.number }) else {
            return nil
        }
        var operations: [JSONValue] = [
            ["op": "replace", "path": "/spec/template", "value": Self.withoutHash(previous.template)],
            Self.annotate(RolloutAnnotation.undone, wish.job.rawValue),
            Self.annotate(
                RolloutAnnotation.cause, "rolled back to revision \(previous.number) after run \(wish.run) failed"),
        ]
        if let version = found.metadata.resourceVersion {
            operations.insert(
                ["op": "test", "path": "/metadata/resourceVersion", "value": .string(version)], at: 0)
        }
        let changed = try await client.patch(
            path.object, .array(operations), kind: .json, dryRun: false, as: WorkloadObject.self)
        return ("\(previous.number)", changed)
    }

    private func isOurs(_ template: JSONValue) -> Bool {
        template["metadata"]?["annotations"]?[RolloutAnnotation.rollout]?.string == wish.job.rawValue
    }

    private static func revision(of set: JSONValue, owner: String?) -> Revision? {
        guard case .array(let owners)? = set["metadata"]?["ownerReferences"],
            owners.contains(where: { $0["uid"]?.string == owner }),
            let text = set["metadata"]?["annotations"]?["deployment.kubernetes.io/revision"]?.string,
            let number = Int64(text), let template = set["spec"]?["template"]
        else { return nil }
        return Revision(number: number, template: template)
    }

    /// The label that tells ReplicaSets apart is made by the Deployment and must not be given to it.
    static func withoutHash(_ template: JSONValue) -> JSONValue {
        guard case .object(var template) = template, case .object(var metadata)? = template["metadata"],
            case .object(var labels)? = metadata["labels"]
        else { return template }
        labels["pod-template-hash"] = nil
        metadata["labels"] = .object(labels)
        template["metadata"] = .object(metadata)
        return .object(template)
    }

    private static func annotate(_ key: String, _ value: String) -> JSONValue {
        // JSON pointers write a slash as ~1.
        let pointer = key.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "~1")
        return ["op": "add", "path": .string("/metadata/annotations/\(pointer)"), "value": .string(value)]
    }

    // MARK: - StatefulSet and DaemonSet

    private func undoByControllerRevision(_ found: WorkloadObject) async throws -> (String, WorkloadObject)? {
        let query = found.spec.selector?.query.map { [("labelSelector", $0)] } ?? []
        let list = try await client.get(path.controllerRevisions, query: query, as: ObjectList<JSONValue>.self)
        let revisions = list.items.compactMap { item -> (number: Int64, data: JSONValue)? in
            guard case .array(let owners)? = item["metadata"]?["ownerReferences"],
                owners.contains(where: { $0["uid"]?.string == found.metadata.uid }),
                case .integer(let number)? = item["revision"], let data = item["data"]
            else { return nil }
            return (number, data)
        }
        let earlier = revisions.filter { $0.data["spec"]?["template"].map(isOurs) != true }
        guard let previous = earlier.max(by: { $0.number < $1.number }), case .object(var patch) = previous.data else {
            return nil
        }
        // A revision's data is a strategic merge patch by itself.
        var metadata: [String: JSONValue] = [
            "annotations": .object([RolloutAnnotation.undone: .string(wish.job.rawValue)])
        ]
        if let version = found.metadata.resourceVersion { metadata["resourceVersion"] = .string(version) }
        patch["metadata"] = .object(metadata)
        let changed = try await client.patch(
            path.object, .object(patch), kind: .strategicMerge, dryRun: false, as: WorkloadObject.self)
        return ("\(previous.number)", changed)
    }
}

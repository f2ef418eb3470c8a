import DockerEngine

/// What the engine remembers of a service's newest rollout, whether that changed a container or not: an empty volume with
/// labels, since those of a container cannot change. Its number keeps older rollouts out, whose it is tells a worker that
/// starts again what it was at, and the containers there were tell its next attempt what was put there by hand since.
struct RolloutRecord: Sendable {
    let engine: DockerEngine
    let service: String
    let worker: String

    private static let kind = "slipway.dev/record"

    private var filter: [String: String] { [Self.kind: "rollout", DeployLabel.service: service] }

    /// The services whose newest rollout is this worker's, with its number and the containers there were.
    static func all(
        of worker: String, _ engine: DockerEngine
    ) async throws(DockerError) -> [String: (sequence: Int64, known: Set<String>?)] {
        let records = try await engine.volumes(labelled: [kind: "rollout", DeployLabel.worker: worker])
        let found = records.compactMap { record -> (String, (sequence: Int64, known: Set<String>?))? in
            guard let service = record.labels[DeployLabel.service], let number = sequence(record) else { return nil }
            return (service, (number, known(record)))
        }
        return Dictionary(found) { $0.sequence < $1.sequence ? $1 : $0 }
    }

    /// The number of the newest rollout that began.
    func newest() async throws(DockerError) -> Int64? {
        try await engine.volumes(labelled: filter).compactMap(Self.sequence).max()
    }

    /// The run of a rollout as people know it; `nil` where nobody wrote that.
    func run(of sequence: Int64) async throws(DockerError) -> String? {
        let records = try await engine.volumes(labelled: filter).filter { Self.sequence($0) == sequence }
        return records.lazy.compactMap { $0.labels[DeployLabel.runName] ?? $0.labels[DeployLabel.run] }.first
    }

    /// Notes that a rollout begins, or goes on with another worker, and forgets those before it.
    /// - Parameters:
    ///   - labels: Who rolls out what.
    ///   - found: The ids of the containers there are.
    /// - Returns: The ids of those there were when the rollout began, with whichever worker.
    func write(
        _ sequence: Int64, labels: [String: String], found: Set<String>
    ) async throws(DockerError) -> Set<String> {
        let name = "slipway-rollout.\(service).\(sequence).\(worker)"
        let begun = try await engine.volumes(labelled: filter).filter { Self.sequence($0) == sequence }
        let known = begun.lazy.compactMap(Self.known).first ?? found
        var labels = labels.merging(filter) { _, own in own }
        labels[DeployLabel.sequence] = "\(sequence)"
        labels[DeployLabel.worker] = worker
        labels[DeployLabel.replaces] = known.sorted().joined(separator: ",")
        try await engine.createVolume(name, labels: labels)
        for volume in try await engine.volumes(labelled: filter)
        where volume.name != name && (Self.sequence(volume) ?? .max) <= sequence {
            try await engine.removeVolume(volume.name)
        }
        return known
    }

    private static func known(_ volume: LabelledObject) -> Set<String>? {
        volume.labels[DeployLabel.replaces].map { Set($0.split(separator: ",").map(String.init)) }
    }

    private static func sequence(_ volume: LabelledObject) -> Int64? {
        volume.labels[DeployLabel.sequence].flatMap { Int64($0) }
    }
}

/// The labels of what the deployer makes on a Docker host.
enum DeployLabel {
    static let prefix = "slipway.dev/"
    /// Of an image: the repository whose build it is of. Nobody goes by it.
    static let repository = "slipway.dev/repository"

    static let service = "slipway.dev/service"
    static let sequence = "slipway.dev/sequence"
    /// The rollout that made it.
    static let job = "slipway.dev/rollout"
    static let worker = "slipway.dev/worker"
    /// Of a container that shows the host's folders and never runs: whose rollout looks.
    static let looks = "slipway.dev/looks"
    static let run = "slipway.dev/run"
    /// The same run as people know it, such as `shop/web#12`.
    static let runName = "slipway.dev/run-name"
    static let commit = "slipway.dev/commit"
    static let environment = "slipway.dev/environment"
    /// The repository that rolls out.
    static let owner = "slipway.dev/owner"
    /// The tag that was resolved to the image's digest.
    static let tag = "slipway.dev/tag"
    /// A digest of all the container is made of.
    static let fingerprint = "slipway.dev/specification"
    /// The ids of the containers of the service that were there before it.
    static let replaces = "slipway.dev/replaces"
    /// The id of the old container that stops for it.
    static let stops = "slipway.dev/stops"
    /// As JSON by network, the aliases of the old one where the new one takes any of them.
    static let aliases = "slipway.dev/aliases"
    /// As JSON by network, the addresses it has because one before it was given them.
    static let addresses = "slipway.dev/addresses"
    /// The volumes without a name that were not made for it.
    static let carried = "slipway.dev/carried"
    /// As JSON, the volumes, networks and aliases that its step names; see ``KeptState``.
    static let declared = "slipway.dev/declared"
}

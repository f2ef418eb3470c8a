import DockerEngine
import Worker

/// The folders of the Docker host that a step wants in its container. What an environment allows is a folder, not what a
/// link in its place leads to.
struct HostFolders {
    let engine: DockerEngine
    /// One that is there; nothing of it runs.
    let image: String
    /// The worker and the service whose rollout it is: no two of them run at a time.
    let owner: String

    /// The engine alone sees its host: it is asked through a container that has the host's root and is never started.
    /// - Throws: `JobFailure` that names the link and where it leads.
    func refuseLinks(in mounts: [ContainerSpecification.Mount]) async throws {
        let folders = mounts.compactMap { mount in if case .bind(let source, _, _) = mount { source } else { nil } }
        guard !folders.isEmpty else { return }
        var looking = ContainerSpecification(image: image)
        (looking.entrypoint, looking.command, looking.network) = (["/"], [], "none")
        looking.mounts = [.bind(source: "/", path: Self.root, readOnly: true)]
        looking.labels = [DeployLabel.looks: owner]
        // One that this deployer left when it was killed. By its label: names are other people's, and so are images.
        for left in try await engine.containers(labelled: looking.labels, givenOneOf: [DeployLabel.looks]) {
            try await engine.removeContainer(left.id)
        }
        let container = try await engine.createContainer(looking)
        do {
            for folder in Set(folders).sorted() { try await refuseLinks(on: folder, container) }
        } catch {
            try await engine.removeContainer(container)
            throw error
        }
        try await engine.removeContainer(container)
    }

    private static let root = "/slipway-host"

    private func refuseLinks(on folder: String, _ container: String) async throws {
        var path = ""
        for part in folder.split(separator: "/") {
            path += "/\(part)"
            guard let target = try await engine.link(Self.root + path, in: container), !target.isEmpty else { continue }
            throw JobFailure(
                "the folder \(folder) of the host is not what it is called: \(path) is a link to \(target); name the folder "
                    + "itself, in the step and in its environment")
        }
    }
}

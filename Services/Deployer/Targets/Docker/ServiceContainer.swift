import Contracts
import DockerEngine
import SystemPackage
import Worker

/// A container of a service as it is found on the host.
struct ServiceContainer: Sendable {
    var details: ContainerDetails
    var found: ReplacementPlan.Found

    init(_ details: ContainerDetails, _ place: ServiceNames.Place) {
        self.details = details
        let labels = details.labels
        found = ReplacementPlan.Found(
            id: details.id, place: place, sequence: labels[DeployLabel.sequence].flatMap { Int64($0) },
            job: labels[DeployLabel.job], isRunning: details.state.isRunning,
            fingerprint: labels[DeployLabel.fingerprint],
            resources: ServiceResources.used(by: details), stops: labels[DeployLabel.stops],
            removesItself: details.removesItself, networks: Set(details.networks.keys), aliases: Self.aliases(labels))
        if details.state.status == "running" { found.start = details.state.startedAt }
    }

    /// The aliases that one in its place takes from it, by network.
    func takenAliases(_ service: String) -> [String: [String]] {
        details.networks.mapValues { network in
            // The engine adds the beginning of the id itself.
            network.aliases.filter { !details.id.hasPrefix($0) }
        }.filter { $0.value.contains(service) }
    }

    static func label(_ aliases: [String: [String]]) throws(JobFailure) -> String? {
        guard !aliases.isEmpty else { return nil }
        do {
            return String(decoding: try Wire.encode(aliases), as: UTF8.self)
        } catch {
            throw JobFailure("\(error)")
        }
    }

    private static func aliases(_ labels: [String: String]) -> [String: [String]] {
        // Whatever else is in the label, nobody's aliases are known then.
        labels[DeployLabel.aliases].flatMap { try? Wire.decode([String: [String]].self, from: .init($0.utf8)) } ?? [:]
    }
}

extension ServiceContainer {
    static func all(of service: String, _ engine: DockerEngine) async throws(DockerError) -> [ServiceContainer] {
        var all: [ServiceContainer] = []
        for (name, place) in ServiceNames(service).all {
            // The engine also finds by the beginning of an id. What only happens to have one of the names beside the
            // service's is somebody else's; an old one may have been made by anyone.
            guard let details = try await inspect(name, engine), details.name == name,
                place == .current || place == .previous || details.labels[DeployLabel.service] == service
            else { continue }
            all.append(ServiceContainer(details, place))
        }
        return all
    }

    private static func inspect(
        _ name: String, _ engine: DockerEngine
    ) async throws(DockerError) -> ContainerDetails? {
        do {
            return try await engine.inspectContainer(name)
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

extension ContainerReplacement {
    func look() async throws(DockerError) -> [ServiceContainer] { try await ServiceContainer.all(of: service, engine) }

    /// The volumes without a name that the new container has from the old one, by their paths: what is in them would be
    /// lost otherwise.
    func carried(
        _ found: [ServiceContainer], _ specification: ContainerSpecification
    ) -> [(path: String, volume: String, isWritable: Bool)] {
        let taken = Set(specification.mounts.map { Self.cleaned($0.path) })
        let old = found.first { $0.found.place == .current && $0.found.job != job.rawValue }
        return (old?.details.mounts ?? []).filter { $0.isAnonymous && !taken.contains(Self.cleaned($0.path)) }
            .map { ($0.path, $0.name, $0.isWritable) }.sorted { $0.path < $1.path }
    }

    static func cleaned(_ path: String) -> String {
        path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}

/// What containers use alone; see ``ReplacementPlan/Resource``.
enum ServiceResources {
    static func used(by container: ContainerDetails) -> Set<ReplacementPlan.Resource> {
        var resources = Set(container.hostPorts.map { ReplacementPlan.Resource.port($0) })
        if container.networkMode == "host" { resources.insert(.hostNetwork) }
        for mount in container.mounts where mount.isWritable {
            if mount.kind == "volume" { resources.insert(.files(mount.name)) }
            if mount.kind == "bind", isFiles(mount.source) { resources.insert(.files(cleaned(mount.source))) }
        }
        return resources
    }

    static func wanted(
        by specification: ContainerSpecification, carrying volumes: [(path: String, volume: String, isWritable: Bool)]
    ) -> Set<ReplacementPlan.Resource> {
        var resources = Set(
            specification.ports.compactMap { port in
                port.host.map { ReplacementPlan.Resource.port("\($0)/\(port.transport)") }
            })
        if specification.network == "host" { resources.insert(.hostNetwork) }
        for mount in specification.mounts {
            switch mount {
            case .volume(let name, _, false): resources.insert(.files(name))
            case .bind(let source, _, false) where isFiles(source): resources.insert(.files(cleaned(source)))
            default: break
            }
        }
        for volume in volumes where volume.isWritable { resources.insert(.files(volume.volume)) }
        return resources
    }

    /// As the engine writes a folder of the host: `/srv/./data/` is `/srv/data`.
    private static func cleaned(_ source: String) -> String { FilePath(source).lexicallyNormalized().string }

    /// Sockets and devices are made to be shared.
    private static func isFiles(_ source: String) -> Bool {
        !source.hasSuffix(".sock")
            && !["/dev", "/proc", "/sys"].contains { source == $0 || source.hasPrefix($0 + "/") }
    }
}

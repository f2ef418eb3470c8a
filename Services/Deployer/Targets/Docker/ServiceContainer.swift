import Contracts
import DockerEngine
import FoundationEssentials
import Worker

/// A container of a service as it is found on the host.
struct ServiceContainer: Sendable {
    var details: ContainerDetails
    var found: ReplacementPlan.Found
    /// What its step named; nothing where no rollout made it. Where an earlier version did, which did not write it down,
    /// all that the container has: such a version kept nothing that its step did not name.
    private(set) var declared = KeptState.Declared()
    /// The addresses that somebody gave it, or one that it came after, by network.
    private(set) var addresses: [String: ContainerSpecification.Addresses] = [:]
    /// What its labels should tell and do not, for people: another hand, or another version, wrote them.
    private(set) var problems: [String] = []

    init(_ details: ContainerDetails, _ place: ServiceNames.Place) {
        self.details = details
        let labels = details.labels
        var problems: [String] = []
        func decoded<Value: Decodable>(_ type: Value.Type, _ key: String, otherwise: String) -> Value? {
            guard let label = labels[key] else { return nil }
            do {
                return try Wire.decode(type, from: Data(label.utf8))
            } catch {
                problems.append(
                    "container \(details.name) has a label \(key) that cannot be read, “\(label.prefix(200))”: "
                        + otherwise)
                return nil
            }
        }
        found = ReplacementPlan.Found(
            id: details.id, place: place, sequence: labels[DeployLabel.sequence].flatMap { Int64($0) },
            job: labels[DeployLabel.job], isRunning: details.state.isRunning,
            fingerprint: labels[DeployLabel.fingerprint],
            resources: ServiceResources.used(by: details), stops: labels[DeployLabel.stops],
            removesItself: details.removesItself, networks: Set(details.networks.keys),
            answers: details.networks.mapValues { Set($0.aliases) },
            aliases: decoded(
                [String: [String]].self, DeployLabel.aliases,
                otherwise: "a rollback gives the old container no alias back") ?? [:])
        if details.state.status == "running" { found.start = details.state.startedAt }
        if labels[DeployLabel.declared] != nil {
            declared =
                decoded(
                    KeptState.Declared.self, DeployLabel.declared,
                    otherwise: "all that it has counts as given by hand, and is kept") ?? KeptState.Declared()
            if declared.ports == nil { declared.ports = KeptState.Declared(allOf: details).ports }
        } else if labels[DeployLabel.job] != nil {
            declared = KeptState.Declared(allOf: details)
        }
        if labels[DeployLabel.job] == nil {
            addresses = details.networks.mapValues(\.given).filter { !$0.value.all.isEmpty }
        } else {
            addresses =
                decoded(
                    [String: ContainerSpecification.Addresses].self, DeployLabel.addresses,
                    otherwise: "it counts as given no address") ?? [:]
        }
        self.problems = problems
    }

    /// Why nobody can tell whether a newer rollout made it; `nil` where its label does, or where it has none.
    var sequenceProblem: String? {
        guard let label = details.labels[DeployLabel.sequence], Int64(label) == nil else { return nil }
        return "container \(details.name) has the label \(DeployLabel.sequence)=\(label.prefix(80)), which is no "
            + "number, so that nobody can tell whether a newer rollout made it; remove it with docker rm --force \(details.name)"
    }

    /// Whether no rollout made it.
    var isByHand: Bool { details.labels[DeployLabel.job] == nil }

    static func label(_ value: some Encodable) throws(JobFailure) -> String {
        do {
            return String(decoding: try Wire.encode(value), as: UTF8.self)
        } catch {
            throw JobFailure("\(error)")
        }
    }
}

extension ServiceContainer {
    static func all(of service: String, _ engine: DockerEngine) async throws(DockerError) -> [ServiceContainer] {
        var all: [ServiceContainer] = []
        for (name, place) in ServiceNames(service).all {
            // The engine also finds by the beginning of an id.
            guard let details = try await inspect(name, engine), details.name == name else { continue }
            all.append(ServiceContainer(details, place))
        }
        return own(all, of: service)
    }

    /// Those of the service. What only happens to have one of its names is somebody else's. An old one may have been made
    /// by hand: the one in service is anybody's but another service's, and one that has given way is known by the new one
    /// that was made in its place.
    static func own(_ all: [ServiceContainer], of service: String) -> [ServiceContainer] {
        func isOurs(_ container: ServiceContainer) -> Bool { container.details.labels[DeployLabel.service] == service }
        let replaced = Set(all.filter(isOurs).flatMap(\.replaced))
        return all.filter { container in
            isOurs(container)
                || container.details.labels[DeployLabel.service] == nil
                    && (container.found.place == .current || replaced.contains(container.details.id))
        }
    }

    /// The ids of those that were there when it was made.
    private var replaced: [String] {
        [DeployLabel.replaces, DeployLabel.stops].compactMap { details.labels[$0] }
            .flatMap { $0.split(separator: ",").map(String.init) }
    }

    /// A container with the labels that it was given: whose it is, is not for its image to say.
    static func inspect(
        _ name: String, _ engine: DockerEngine
    ) async throws(DockerError) -> ContainerDetails? {
        do {
            var details = try await engine.inspectContainer(name)
            if details.labels.keys.contains(where: { $0.hasPrefix(DeployLabel.prefix) }) {
                details.labels = try await engine.given(details.labels, image: details.imageID)
            }
            return details
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

extension ContainerReplacement {
    func look() async throws(DockerError) -> [ServiceContainer] { try await ServiceContainer.all(of: service, engine) }

    /// - Throws: `JobFailure` where the service's name is that of another service's container, which is left alone.
    func checkName() async throws {
        guard let owner = try await ServiceContainer.inspect(service, engine)?.labels[DeployLabel.service],
            owner != service
        else { return }
        throw JobFailure(
            "container \(service) is one of the service “\(owner)”, and is left alone; give this service another name with "
                + "“container”, or remove that one")
    }

    /// - Parameter networks: The networks of the host.
    func kept(
        _ found: [ServiceContainer], _ specification: ContainerSpecification, networks: Set<String>
    ) -> KeptState {
        let old = found.first { $0.found.place == .current && $0.found.job != job.rawValue }
        return KeptState(
            of: old?.details, declared: old?.declared ?? KeptState.Declared(), addresses: old?.addresses ?? [:],
            for: specification, service: service, existing: networks)
    }
}

/// What containers use alone; see ``ReplacementPlan/Resource``.
enum ServiceResources {
    static func used(by container: ContainerDetails) -> Set<ReplacementPlan.Resource> {
        var resources = Set(container.hostPorts.map { ReplacementPlan.Resource.port($0) })
        if container.networkMode == "host" { resources.insert(.hostNetwork) }
        for (network, place) in container.networks { resources.formUnion(addresses(place.given, network)) }
        for mount in container.mounts where mount.isWritable {
            if mount.kind == "volume" { resources.insert(.files(mount.name)) }
            if mount.kind == "bind", isFiles(mount.source) { resources.insert(.files(KeptState.cleaned(mount.source))) }
        }
        return resources
    }

    static func wanted(by specification: ContainerSpecification) -> Set<ReplacementPlan.Resource> {
        var resources = Set(
            specification.ports.compactMap { port in
                port.host.map { ReplacementPlan.Resource.port("\($0)/\(port.transport)") }
            })
        if specification.network == "host" { resources.insert(.hostNetwork) }
        for (network, given) in specification.addresses { resources.formUnion(addresses(given, network)) }
        for mount in specification.mounts {
            switch mount {
            case .volume(let name, _, false): resources.insert(.files(name))
            case .bind(let source, _, false) where isFiles(source): resources.insert(.files(KeptState.cleaned(source)))
            default: break
            }
        }
        return resources
    }

    private static func addresses(
        _ given: ContainerSpecification.Addresses, _ network: String
    ) -> Set<ReplacementPlan.Resource> {
        Set(given.all.map { .address($0, network: network) })
    }

    /// Sockets and devices are made to be shared.
    private static func isFiles(_ source: String) -> Bool {
        !source.hasSuffix(".sock")
            && !["/dev", "/proc", "/sys"].contains { source == $0 || source.hasPrefix($0 + "/") }
    }
}

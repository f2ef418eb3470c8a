import Contracts
import DockerEngine
import Logging
import PipelineLanguage
import Text
import Worker

/// The single steps.
extension ContainerReplacement {
    /// - Parameters:
    ///   - replaced: The ids of the containers there are.
    ///   - isAlone: Whether nobody else serves, so that it has its aliases from the beginning.
    func create(
        _ specification: ContainerSpecification, _ kept: KeptState, replacing replaced: [String], stopping: String?,
        isAlone: Bool, _ fingerprint: String
    ) async throws -> String {
        for note in kept.notes { await log.line(note) }
        let emptied = try await unlistedLabels(of: specification)
        let declared = KeptState.Declared(specification)
        var specification = kept.added(to: specification)
        let networks = specification.moreNetworks
        func aliases(in network: String) -> [String] { isAlone ? kept.aliases[network] ?? [] : [] }
        specification.moreNetworks = []
        specification.aliases = specification.network.map(aliases) ?? []
        specification.labels.merge(emptied.map { ($0, "") }) { given, _ in given }
        specification.labels.merge(labels) { _, own in own }
        specification.labels[DeployLabel.service] = service
        specification.labels[DeployLabel.job] = job.rawValue
        specification.labels[DeployLabel.sequence] = sequence.map { "\($0)" }
        specification.labels[DeployLabel.fingerprint] = fingerprint
        specification.labels[DeployLabel.replaces] = replaced.isEmpty ? nil : replaced.joined(separator: ",")
        specification.labels[DeployLabel.stops] = stopping
        specification.labels[DeployLabel.declared] = try ServiceContainer.label(declared)
        specification.labels[DeployLabel.aliases] =
            kept.taken.isEmpty ? nil : try ServiceContainer.label(kept.taken)
        specification.labels[DeployLabel.addresses] =
            kept.addresses.isEmpty ? nil : try ServiceContainer.label(kept.addresses)
        let volumes = specification.mounts.compactMap { mount -> String? in
            if case .volume(let name, _, _) = mount, Hex.isDigits(name, count: 64) { name } else { nil }
        }
        specification.labels[DeployLabel.carried] = volumes.isEmpty ? nil : volumes.joined(separator: ",")
        let made = specification
        let id = try await firstFree(of: .next) { name throws(DockerError) in
            try await engine.createContainer(made, name: name)
        }
        do {
            for network in networks {
                try await engine.connect(
                    id, to: network, aliases: aliases(in: network), addresses: kept.addresses[network])
            }
        } catch {
            try await engine.removeContainer(id)
            throw error
        }
        return id
    }

    /// What the image brings and the environment does not list: the engine has an image's label in each of its containers,
    /// unless they are given another value.
    private func unlistedLabels(of specification: ContainerSpecification) async throws -> [String] {
        guard let permit else { return [] }
        let brought = try await engine.inspectImage(specification.image).labels
        let unlisted = permit.unlisted(labelsOfImage: brought.filter { specification.labels[$0.key] == nil })
        guard !unlisted.isEmpty else { return [] }
        await log.line(
            "labels that the image brings and the environment “\(permit.environment)” does not list are empty in the container: "
                + unlisted.joined(separator: ", "))
        return unlisted
    }

    /// Says what a container that was made by hand has and the new one has not.
    func tellLost(_ old: ServiceContainer, _ new: String) async {
        do {
            let settings = try await engine.settings(ofContainer: old.details.id)
            let lost = LostSettings(
                of: settings, try await engine.settings(ofImage: old.details.imageID),
                in: try await engine.settings(ofContainer: new), id: old.details.id, specification)
            for note in lost.notes { await log.line(note) }
        } catch {
            guard !Task.isCancelled else { return }
            await log.line("what the old container was given by hand cannot be compared: \(error)")
        }
    }

    /// A container has its aliases when it comes into a network, and no others later.
    func join(_ id: String, _ aliases: [String: Set<String>]) async throws {
        for (network, names) in aliases.sorted(by: { $0.key < $1.key }) {
            try await answer(id, to: names.sorted(), in: network)
            await log.line(
                "container \(id.prefix(12)) answers to \(names.sorted().joined(separator: ", ")) in the network \(network)"
            )
        }
    }

    /// Puts a container into a network, or gives it other aliases there.
    func answer(_ id: String, to aliases: [String], in network: String) async throws(DockerError) {
        if let place = try await engine.inspectContainer(id).networks[network] {
            try await engine.reconnect(id, to: network, from: place, aliases: aliases)
        } else {
            try await engine.connect(id, to: network, aliases: aliases)
        }
    }

    /// - Throws: `JobFailure` that names who has the port of the host, where that is why.
    func start(_ id: String) async throws {
        // Its folders are mounted now: since they were looked at, others may have been at work in them.
        try await checkFolders(image: try await engine.inspectContainer(id).imageID)
        do {
            try await engine.startContainer(id)
        } catch {
            guard error.message.contains("already allocated") || error.message.contains("already in use") else {
                throw error
            }
            var holders: [String] = []
            let published = try await engine.inspectContainer(id).published
            for port in published.compactMap(\.host) where error.message.contains(":\(port)") {
                holders += try await engine.containers(publishing: port).map { "container \($0) has port \(port)" }
            }
            throw JobFailure(holders.isEmpty ? "\(error)" : "\(holders.joined(separator: ", ")): \(error)")
        }
    }

    func rename(_ id: String, to place: ServiceNames.Place) async throws(DockerError) {
        try await firstFree(of: place) { name throws(DockerError) in try await engine.renameContainer(id, to: name) }
    }

    /// Does something with the first name of a place that no other container has.
    private func firstFree<Value>(
        of place: ServiceNames.Place, _ body: (String) async throws(DockerError) -> Value
    ) async throws(DockerError) -> Value {
        let all = names.names(of: place)
        for name in all.dropLast() {
            do {
                return try await body(name)
            } catch  where error.code == .conflict {
                // Somebody else's container is called so.
                logger.debug("the name is taken", metadata: ["name": "\(name)"])
            }
        }
        return try await body(all[all.count - 1])
    }

    /// Takes the service's name and aliases from an old one, and waits for those who still know its address.
    /// - Returns: Whether the new one was there all the time.
    func drain(_ id: String, for new: String) async throws -> Bool {
        let container = try await engine.inspectContainer(id)
        let networks = container.networks.filter { !["bridge", "host", "none"].contains($0.key) }
        let taken = ServiceContainer(try await engine.inspectContainer(new), .current).found.aliases
        // The new one has them by now; the name alone has moved on already.
        for (name, place) in networks.sorted(by: { $0.key < $1.key })
        where !place.aliases.allSatisfy({ $0 != service && taken[name]?.contains($0) != true }) {
            try await engine.reconnect(id, to: name, from: place, aliases: [])
            let address = try await engine.inspectContainer(id).networks[name]?.address
            if address != place.address {
                await log.line(
                    "the old container has another address in \(name) without its aliases; its connections there end"
                )
            }
        }
        guard !networks.isEmpty, patience.drain > .zero else { return true }
        await log.line(
            "the old container goes on for \(patience.drain.components.seconds) s for those who know its address")
        let start = try await engine.inspectContainer(new).state.startedAt
        let end = ContinuousClock.now + patience.drain
        while ContinuousClock.now < end {
            try await Task.sleep(for: min(.seconds(1), end - .now))
            let state = try await engine.inspectContainer(new).state
            guard state.status == "running", state.startedAt == start else { return false }
        }
        return true
    }

    /// Stops an old one. It is not left half way where the rollout is cancelled meanwhile.
    func end(_ id: String) async throws { try await Task { try await stop(id) }.value }

    /// Stops a container by its own signal, and in the time it was given.
    func stop(_ id: String) async throws(DockerError) {
        let own = try await engine.inspectContainer(id).stopTimeout
        // Nobody else can roll the service out meanwhile, and a cancel waits too: one that may take for ever (-1), or for
        // hours, is not waited for that long.
        let longest = 600
        let grace = own.map { Duration.seconds($0 < 0 ? longest : min($0, longest)) } ?? patience.grace
        if grace > patience.grace {
            await log.line("container \(id.prefix(12)) has up to \(grace.components.seconds) s to stop")
        }
        try await engine.stopContainer(id, grace: grace)
    }

    /// Removes an old one. Its volumes stay.
    func remove(_ id: String) async throws {
        guard try await engine.inspectContainer(id).removesItself else {
            return try await engine.removeContainer(id, volumes: false)
        }
        // Started with --rm: the engine is at it already.
        for _ in 0..<600 {
            guard try await isThere(id) else { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw DockerError(.engine, "container \(id.prefix(12)) is being removed, and still there after 30 s")
    }

    private func isThere(_ id: String) async throws(DockerError) -> Bool {
        do {
            return try await engine.inspectContainer(id).state.status != "dead"
        } catch  where error.code == .notFound {
            return false
        }
    }

    /// Shows what a container that is not well wrote, and removes it with the volumes that were made for it.
    func discard(_ id: String) async throws(DockerError) {
        let container = try await engine.inspectContainer(id)
        await showLog(id)
        try await engine.removeContainer(id, volumes: false)
        let carried = Set((container.labels[DeployLabel.carried] ?? "").split(separator: ",").map(String.init))
        for mount in container.mounts where mount.isAnonymous && !carried.contains(mount.name) {
            try await engine.removeVolume(mount.name)
        }
        await log.line("the new container is removed")
    }

    private func showLog(_ id: String) async {
        var text: [UInt8] = []
        do {
            for try await piece in try await engine.log(of: id, follow: false, tail: 40) { text += piece.bytes }
        } catch {
            // Not every log driver can be read, and what there is may be enough.
            logger.debug("the log of the new container cannot be read", metadata: ["error": "\(error)"])
        }
        guard !text.isEmpty else { return }
        await log.line("the last the new container wrote:")
        for line in text.split(separator: UInt8(ascii: "\n")).suffix(40) {
            await log.write(Array("  ".utf8) + line + [UInt8(ascii: "\n")])
        }
    }
}

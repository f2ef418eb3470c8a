import HTTPClient
import Text

extension DockerEngine {
    private struct NetworkDocument: Encodable {
        var name: String
        var driver = "bridge"
        var checkDuplicate = true
        var labels: [String: String]
        var options: [String: String]
    }

    private struct Network: Decodable {
        var id: String
        var name: String?
        var labels: [String: String]?
    }

    private struct CreatedNetwork: Decodable {
        var id: String
    }

    /// Makes a bridge network.
    /// - Returns: Its id.
    /// - Throws: ``DockerError`` `conflict` where the name is taken.
    public func createNetwork(
        _ name: String, labels: [String: String] = [:], options: [String: String] = [:]
    ) async throws(DockerError) -> String {
        let call = try Call(.post, "/networks/create", "network \(name)")
            .with(json: NetworkDocument(name: name, labels: labels, options: options))
        return try await fetch(CreatedNetwork.self, call).id
    }

    /// Removes a network. One that is not there is no error.
    /// - Throws: ``DockerError`` where the engine cannot do it, such as of a network with containers in it.
    public func removeNetwork(_ id: String) async throws(DockerError) {
        var call = Call(.delete, "/networks/\(PercentCoding.encode(id))", "network \(id)")
        call.alsoFine = [404]
        try await perform(call)
    }

    private struct ConnectDocument: Encodable {
        struct Endpoint: Encodable {
            var aliases: [String]
            var ipamConfig: ContainerSpecification.Addresses?
            var macAddress: String?
        }
        var container: String
        var endpointConfig: Endpoint
    }

    private struct DisconnectDocument: Encodable {
        var container: String
        var force = false
    }

    /// Puts a container into a network besides those it is in.
    /// - Parameters:
    ///   - aliases: Names it answers to there besides its own.
    ///   - addresses: Those it is to have there.
    /// - Throws: ``DockerError``: `notFound`, `conflict` where it is in the network already.
    public func connect(
        _ container: String, to network: String, aliases: [String] = [],
        addresses: ContainerSpecification.Addresses? = nil
    ) async throws(DockerError) {
        try await connect(container, to: network, .init(aliases: aliases, ipamConfig: addresses))
    }

    private func connect(
        _ container: String, to network: String, _ endpoint: ConnectDocument.Endpoint
    ) async throws(DockerError) {
        let call = Call(.post, "/networks/\(PercentCoding.encode(network))/connect", "network \(network)")
        try await perform(try call.with(json: ConnectDocument(container: container, endpointConfig: endpoint)))
    }

    /// Gives a container other aliases in a network it is in. The engine can only take it out for a moment and put it in
    /// again; with the address it had, its open connections go on. An engine gives an address back on request where the
    /// network's subnet is one that somebody chose, and elsewhere the lowest that is free, which is that one as a rule.
    /// - Parameters:
    ///   - endpoint: Its place there until now.
    ///   - aliases: Names it answers to there besides its own.
    /// - Throws: ``DockerError``; the container may be out of the network then.
    public func reconnect(
        _ container: String, to network: String, from endpoint: ContainerDetails.Endpoint, aliases: [String]
    ) async throws(DockerError) {
        func given(_ text: String) -> String? { text.isEmpty ? nil : text }
        try await disconnect(container, from: network)
        var place = ConnectDocument.Endpoint(aliases: aliases, macAddress: given(endpoint.hardwareAddress))
        let addresses = ContainerSpecification.Addresses(
            ipv4Address: given(endpoint.address) ?? endpoint.given.ipv4Address,
            ipv6Address: given(endpoint.addressV6) ?? endpoint.given.ipv6Address)
        guard !addresses.all.isEmpty else { return try await connect(container, to: network, place) }
        place.ipamConfig = addresses
        do {
            try await connect(container, to: network, place)
        } catch  where error.code != .cancelled && error.code != .unreachable {
            // Such as: “user specified IP address is supported only when connecting to networks with user configured
            // subnets”, or somebody else has it by now.
            place.ipamConfig = nil
            try await connect(container, to: network, place)
        }
    }

    /// Takes a container out of a network.
    /// - Throws: ``DockerError`` `notFound`, also of a container that is not in it.
    public func disconnect(_ container: String, from network: String) async throws(DockerError) {
        let call = Call(.post, "/networks/\(PercentCoding.encode(network))/disconnect", "network \(network)")
        try await perform(try call.with(json: DisconnectDocument(container: container)))
    }

    /// The networks that have all of the labels.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func networks(labelled labels: [String: String]) async throws(DockerError) -> [LabelledObject] {
        let call = Call(.get, "/networks", "the list of networks", query: [try Self.labelFilter(labels)])
        return try await fetch([Network].self, call).map {
            LabelledObject(id: $0.id, name: $0.name ?? $0.id, labels: $0.labels ?? [:], createdAt: nil)
        }
    }
}

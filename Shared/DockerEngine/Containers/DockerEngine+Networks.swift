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
    public func removeNetwork(_ id: String) async throws(DockerError) {
        var call = Call(.delete, "/networks/\(PercentCoding.encode(id))", "network \(id)")
        call.alsoFine = [404]
        try await perform(call)
    }

    private struct ConnectDocument: Encodable {
        struct Endpoint: Encodable { var aliases: [String] }
        var container: String
        var endpointConfig: Endpoint?
    }

    private struct DisconnectDocument: Encodable {
        var container: String
        var force = false
    }

    /// Puts a container into a network besides those it is in.
    /// - Parameter aliases: Names it answers to there besides its own.
    /// - Throws: ``DockerError``: `notFound`, `conflict` where it is in the network already.
    public func connect(
        _ container: String, to network: String, aliases: [String] = []
    ) async throws(DockerError) {
        let call = Call(.post, "/networks/\(PercentCoding.encode(network))/connect", "network \(network)")
        try await perform(
            try call.with(
                json: ConnectDocument(
                    container: container, endpointConfig: aliases.isEmpty ? nil : .init(aliases: aliases))))
    }

    /// Takes a container out of a network; its open connections in it break.
    public func disconnect(_ container: String, from network: String) async throws(DockerError) {
        let call = Call(.post, "/networks/\(PercentCoding.encode(network))/disconnect", "network \(network)")
        try await perform(try call.with(json: DisconnectDocument(container: container)))
    }

    /// The networks that have all of the labels.
    public func networks(labelled labels: [String: String]) async throws(DockerError) -> [LabelledObject] {
        let call = Call(.get, "/networks", "the list of networks", query: [try Self.labelFilter(labels)])
        return try await fetch([Network].self, call).map {
            LabelledObject(id: $0.id, name: $0.name ?? $0.id, labels: $0.labels ?? [:], createdAt: nil)
        }
    }
}

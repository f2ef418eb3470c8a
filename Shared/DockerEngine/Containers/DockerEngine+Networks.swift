import HTTPClient

extension DockerEngine {
    private struct NetworkDocument: Encodable {
        var Name: String
        var Driver = "bridge"
        var CheckDuplicate = true
        var Labels: [String: String]
        var Options: [String: String]
    }

    private struct Network: Decodable {
        var Id: String
        var Name: String?
        var Labels: [String: String]?
    }

    private struct CreatedNetwork: Decodable {
        var Id: String
    }

    /// Makes a bridge network.
    /// - Returns: Its id.
    public func createNetwork(
        _ name: String, labels: [String: String] = [:], options: [String: String] = [:]
    ) async throws(DockerError) -> String {
        let call = try Call(.post, "/networks/create", "network \(name)")
            .with(json: NetworkDocument(Name: name, Labels: labels, Options: options))
        return try await fetch(CreatedNetwork.self, call).Id
    }

    /// Removes a network. One that is not there is no error.
    public func removeNetwork(_ id: String) async throws(DockerError) {
        var call = Call(.delete, "/networks/\(Self.percentEncode(id))", "network \(id.prefix(64))")
        call.alsoFine = [404]
        try await perform(call)
    }

    public func networks(labelled labels: [String: String]) async throws(DockerError) -> [LabelledObject] {
        let call = Call(.get, "/networks", "the list of networks", query: [try Self.labelFilter(labels)])
        return try await fetch([Network].self, call).map {
            LabelledObject(id: $0.Id, name: $0.Name ?? $0.Id, labels: $0.Labels ?? [:], createdAt: nil)
        }
    }
}

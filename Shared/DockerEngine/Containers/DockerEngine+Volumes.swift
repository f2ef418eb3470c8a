import HTTPClient
import Text

extension DockerEngine {
    private struct VolumeDocument: Encodable {
        var name: String
        var labels: [String: String]
        var driverOpts: [String: String]
    }

    private struct Volume: Decodable {
        var name: String
        var labels: [String: String]?
    }

    private struct Volumes: Decodable {
        var volumes: [Volume]?
    }

    /// Makes a volume of the `local` driver. One of that name that is there already is no error.
    /// - Parameter options: The driver's, such as `type=tmpfs`.
    /// - Throws: ``DockerError`` where the engine cannot do it.
    public func createVolume(
        _ name: String, labels: [String: String] = [:], options: [String: String] = [:]
    ) async throws(DockerError) {
        let call = try Call(.post, "/volumes/create", "volume \(name)")
            .with(json: VolumeDocument(name: name, labels: labels, driverOpts: options))
        _ = try await fetch(Volume.self, call)
    }

    /// Removes a volume. One that is not there is no error.
    /// - Throws: ``DockerError``, `conflict` where a container has it.
    public func removeVolume(_ name: String) async throws(DockerError) {
        var call = Call(
            .delete, "/volumes/\(PercentCoding.encode(name))", "volume \(name)", query: [("force", "1")])
        call.alsoFine = [404]
        try await perform(call)
    }

    /// How large all volumes are, in bytes, by their names. The engine reads every file of them, and some do that for nobody
    /// else meanwhile.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func volumeSizes() async throws(DockerError) -> [String: Int64] {
        struct Used: Decodable {
            struct Volume: Decodable {
                struct Usage: Decodable { var size: Int64? }
                var name: String
                var usageData: Usage?
            }
            var volumes: [Volume]?
        }
        // Engines before 1.42 do not know the type, and measure all there is.
        var call = Call(.get, "/system/df", "the sizes of volumes", query: [("type", "volume")])
        call.timeout = .seconds(600)
        let volumes = try await fetch(Used.self, call).volumes ?? []
        return Dictionary(
            volumes.map { ($0.name, max(0, $0.usageData?.size ?? 0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// The volumes that have all of the labels.
    /// - Throws: ``DockerError`` where the engine does not tell.
    public func volumes(labelled labels: [String: String]) async throws(DockerError) -> [LabelledObject] {
        let call = Call(.get, "/volumes", "the list of volumes", query: [try Self.labelFilter(labels)])
        return (try await fetch(Volumes.self, call).volumes ?? []).map {
            LabelledObject(id: $0.name, name: $0.name, labels: $0.labels ?? [:], createdAt: nil)
        }
    }
}

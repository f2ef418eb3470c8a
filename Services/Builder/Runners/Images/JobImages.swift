import Contracts
import Crypto
import DockerEngine
import FoundationEssentials
import Text
import Worker

/// The images that an attempt of a job built. At the engine they have names that belong to the job; by the names that the
/// pipeline gives them only the job's own steps find them.
actor JobImages {
    /// No registry: the host of what belongs to a job or to Slipway itself.
    static let host = "slipway.local"

    nonisolated let layers = BuiltLayers()
    private let host: DockerHost
    private let prefix: String
    private var count = 0
    private var names: [ImageReference] = []
    private var built: [ImageReference: ImageReference] = [:]

    init(host: DockerHost, job: JobID, attempt: Int) {
        self.host = host
        prefix = "\(job)/\(Self.mark(host.worker))-\(attempt)"
    }

    var isUsed: Bool { !names.isEmpty }

    /// A new name for an image that is about to be built.
    func name() -> ImageReference {
        count += 1
        let name = ImageReference(host: Self.host, path: "\(prefix)-\(count)", tag: "built")
        names.append(name)
        return name
    }

    /// What was built is found by its written names from here on.
    func built(_ name: ImageReference, as written: [ImageReference]) {
        for image in written { built[image.usual] = name }
    }

    /// The job's own image of a written name.
    func image(_ written: ImageReference) -> ImageReference? { built[written.usual] }

    /// Takes the names away; the layers stay for the next build of the same repository.
    /// - Throws: `DockerError` of the first that the engine keeps.
    func remove() async throws(DockerError) {
        let engine = try await host.engine()
        while let name = names.last {
            try await engine.removeImage("\(name)", keepsLayers: true)
            names.removeLast()
        }
    }

    /// Removes the names that a builder's earlier life left.
    static func removeLeftovers(of worker: String, at engine: DockerEngine) async throws(DockerError) {
        for name in try await engine.imageNames(below: host) where name.contains("/\(mark(worker))-") {
            try await engine.removeImage(name, keepsLayers: true)
        }
    }

    /// A builder's name as a part of an image's: that of an engine several builders share.
    static func mark(_ worker: String) -> String {
        Hex.encode(SHA256.hash(data: Data(worker.utf8)), first: 5)
    }
}

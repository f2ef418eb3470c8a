import DockerEngine
import Glibc
import Synchronization

/// The images that the builds of a job have made, one for each instruction. They stay at the engine, for the next build to
/// use again, and are the job's as far as they came to be in its time.
final class BuiltLayers: Sendable {
    /// More than a build has; a step prints as many if it wants not to be measured.
    private static let limit = 100_000

    /// When its job began, in seconds since 1970.
    let begin = Int64(time(nil))
    private let ids = Mutex<Set<Substring>>([])

    var all: Set<Substring> { ids.withLock { $0 } }

    /// Looks at what a build prints: ` ---> 0123456789ab` where an image was made or found. A step that prints the like of
    /// an image that is not its own makes its job look larger.
    func note(_ text: String) {
        guard text.hasPrefix(" ---> "), text.utf8.count < 32 else { return }
        let id = text.dropFirst(6).prefix { $0.isHexDigit }
        guard id.utf8.count == 12 else { return }
        ids.withLock { ids in if ids.count <= Self.limit { ids.insert(id) } }
    }

    /// In bytes.
    /// - Throws: `DockerError` where the engine does not tell.
    func written(at engine: DockerEngine) async throws(DockerError) -> Int64 {
        let ids = all
        if ids.isEmpty { return 0 }
        if ids.count > Self.limit { return .max / 2 }
        return Self.written(ids, of: try await engine.allImages(), since: begin)
    }

    /// - Parameter begin: seconds since 1970.
    static func written(_ ids: Set<Substring>, of images: [ListedImage], since begin: Int64) -> Int64 {
        let sizes = Dictionary(images.map { ($0.id, $0.size) }, uniquingKeysWith: { first, _ in first })
        var bytes: Int64 = 0
        for image in images where image.created >= begin && ids.contains(image.id.dropFirst("sha256:".count).prefix(12))
        {
            bytes += max(0, image.size - (sizes[image.parent] ?? 0))
        }
        return bytes
    }
}

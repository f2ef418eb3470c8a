import DockerEngine
import Worker

/// A name that an image has for its push: an engine pushes by the name that the registry is to have. What had it before is
/// kept by another name meanwhile, and has it again where the push fails, or at the next start where its builder was killed.
struct PushedName: Sendable {
    let name: ImageReference
    /// The id of the image that is pushed.
    let id: String
    /// By what the engine knows the image that had the name; `nil` where nothing had it.
    let before: ImageReference?

    /// Keeps what has the name now.
    /// - Parameter mark: of this builder, among all of the engine.
    /// - Throws: `DockerError`; `JobFailure` where there is no name to keep an image by.
    static func take(
        _ name: ImageReference, for id: String, mark: String, _ engine: DockerEngine
    ) async throws -> PushedName {
        guard let old = try await find(name, engine)?.id else { return PushedName(name: name, id: id, before: nil) }
        if old == id { return PushedName(name: name, id: id, before: name) }
        let kept = place(of: name, mark)
        do {
            try await engine.tag(old, as: kept)
        } catch {
            guard error.code == .badRequest else { throw error }
            throw JobFailure(
                "the engine has another image by the name \(name), which it cannot keep as \(kept) while this one is "
                    + "pushed: write the registry's host in small letters")
        }
        return PushedName(name: name, id: id, before: kept)
    }

    /// The image has the name for good.
    /// - Throws: `DockerError`
    func stays(_ engine: DockerEngine) async throws(DockerError) {
        guard let before, before != name else { return }
        try await Self.forget(before, id, engine)
    }

    /// The name is again what it was, unless something else than the image that was pushed has it by now.
    /// - Throws: `DockerError`
    func restore(_ engine: DockerEngine) async throws(DockerError) {
        if before != name, try await Self.find(name, engine)?.id == id {
            if let before {
                try await engine.tag("\(before)", as: name)
            } else {
                try await engine.removeImage("\(name)", keepsLayers: true)
            }
        }
        try await stays(engine)
    }

    /// Gives back what a killed builder kept, unless the name is that of something a registry has by now.
    /// - Throws: `DockerError`
    static func restoreLeftovers(of mark: String, at engine: DockerEngine) async throws(DockerError) {
        for text in try await engine.imageNames(below: "\(JobImages.host)/kept/\(mark)") {
            let kept = try ImageReference(text)
            guard let name = name(of: kept, mark) else { continue }
            let isPushed = try await find(name, engine)?.repositoryDigests.contains { digest in
                digest.hasPrefix("\(name.usual.repository)@")
            }
            if isPushed != true { try await engine.tag(text, as: name) }
            try await forget(kept, "\(name)", engine)
        }
    }

    /// What keeps an image: a port has no place in a path, and two low lines are in no host.
    static func place(of name: ImageReference, _ mark: String) -> ImageReference {
        let host = (name.host ?? "docker.io").replacing(":", with: "__")
        return ImageReference(
            host: JobImages.host, path: "kept/\(mark)/\(host)/\(name.path)", tag: name.tag ?? "latest")
    }

    /// The name of an image that is kept.
    static func name(of kept: ImageReference, _ mark: String) -> ImageReference? {
        let prefix = "kept/\(mark)/"
        let parts = kept.path.dropFirst(prefix.count).split(separator: "/", maxSplits: 1)
        guard kept.path.hasPrefix(prefix), parts.count == 2 else { return nil }
        return ImageReference(host: String(parts[0]).replacing("__", with: ":"), path: String(parts[1]), tag: kept.tag)
    }

    /// Takes the name from what it keeps, which stays at the engine: a container may be made of it.
    private static func forget(
        _ kept: ImageReference, _ other: String, _ engine: DockerEngine
    ) async throws(DockerError) {
        try await engine.tag(other, as: kept)
        try await engine.removeImage("\(kept)", keepsLayers: true)
    }

    private static func find(_ name: ImageReference, _ engine: DockerEngine) async throws(DockerError) -> ImageDetails?
    {
        do {
            return try await engine.inspectImage("\(name)")
        } catch  where error.code == .notFound {
            return nil
        }
    }
}

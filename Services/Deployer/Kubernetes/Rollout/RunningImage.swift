/// Whether what a pod runs is what was rolled out. Digests alone are compared: a mirror may have another name.
struct RunningImage: Sendable, Equatable {
    enum Verdict: Equatable {
        case same
        /// The runtime has not said yet.
        case unknown
        /// Another digest, that the registry may know as the one of a platform.
        case ask
        /// The runtime names it without a digest of a registry; the pod's own specification names ours.
        case unnamed
        case other(String)
    }

    /// What the registry says of an image that is an index.
    enum Platforms: Sendable, Equatable {
        case notAsked, asked
        case known(Set<String>)
        /// Why it could not be asked.
        case unavailable(String)
    }

    /// Of the image that was rolled out; `nil` for one without, which cannot be compared.
    let digest: String?
    var platforms = Platforms.notAsked

    init(_ image: String?) {
        digest = image.flatMap(Self.digest)
    }

    /// The digest after the `@` of an image's name or of a container's `imageID`.
    static func digest(in text: String) -> String? {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let digest = text[text.index(after: at)...]
        return digest.hasPrefix("sha256:") ? String(digest) : nil
    }

    func verdict(on pod: PodObject, container name: String) -> Verdict {
        guard let digest else { return .same }
        guard let imageID = pod.container(name)?.imageID, !imageID.isEmpty else { return .unknown }
        let asked = (pod.spec?.containers ?? []) + (pod.spec?.initContainers ?? [])
        let isAskedFor = asked.first { $0.name == name }?.image.flatMap(Self.digest) == digest
        guard let running = Self.digest(in: imageID) else { return isAskedFor ? .unnamed : .other(imageID) }
        if running == digest { return .same }
        switch platforms {
        case .notAsked, .asked: return .ask
        case .known(let digests): return digests.contains(running) ? .same : .other(running)
        // The runtime has pulled by the digest it was given, so what it reports can only be a part of that.
        case .unavailable: return isAskedFor ? .same : .other(running)
        }
    }
}

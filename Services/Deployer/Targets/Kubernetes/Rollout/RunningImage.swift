/// Whether what a pod runs is what was rolled out. Digests alone are compared: a mirror may have another name.
struct RunningImage: Sendable, Equatable {
    enum Verdict: Equatable {
        case same
        /// The runtime has not said yet.
        case unknown
        /// Another digest, which the registry may know as the same image: this is what the runtime says.
        case ask(String)
        case other(String)
    }

    /// What the registry says of two digests.
    enum Comparison: Sendable, Equatable {
        case same
        case different
        /// Why it could not be asked.
        case unavailable(String)
    }

    /// Of the image that was rolled out; `nil` for one without, which cannot be compared.
    let digest: String?
    /// By what the runtime says.
    private var compared: [String: Comparison] = [:]

    init(_ image: String?) {
        digest = image.flatMap(Self.digest)
    }

    /// The digest after the `@` of an image's name or of a container's `imageID`.
    static func digest(in text: String) -> String? {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let digest = text[text.index(after: at)...]
        return digest.hasPrefix("sha256:") ? String(digest) : nil
    }

    mutating func note(_ comparison: Comparison, of running: String) {
        compared[running] = comparison
    }

    func verdict(on pod: PodObject, container name: String) -> Verdict {
        guard let digest else { return .same }
        guard let running = pod.container(name)?.imageID, !running.isEmpty else { return .unknown }
        if Self.digest(in: running) == digest { return .same }
        switch compared[running] {
        case nil: return .ask(running)
        case .same: return .same
        case .different: return .other(running)
        case .unavailable:
            // The runtime has pulled by the digest it was given, so what it reports can only be another name of that.
            let asked = (pod.spec?.containers ?? []) + (pod.spec?.initContainers ?? [])
            let isAskedFor = asked.first { $0.name == name }?.image.flatMap(Self.digest) == digest
            return isAskedFor ? .same : .other(running)
        }
    }
}

import Contracts

/// Why a run ran what it ran.
struct RunWhy: Sendable {
    struct Process: Sendable {
        let source: String
        let name: String?
        let digest: String
        let shortDigest: String
    }

    let process: Process?
    let trace: [String]
    let open: Bool

    init(_ view: RunView) {
        process = view.choice.flatMap { choice in
            // Nothing was compiled where what was chosen came to nothing.
            guard !choice.digest.isEmpty else { return nil }
            return Process(
                source: RunText.source(choice.source), name: choice.name, digest: choice.digest,
                shortDigest: String(choice.digest.prefix(15)))
        }
        trace = view.choice?.trace ?? []
        open = view.stages.isEmpty
    }
}

import Contracts
import Crypto
import FoundationEssentials
import Git
import Secrets
import Text

/// Fetches what a commit needs beside its own objects, when a builder asks for it: submodules and files of Git LFS.
///
/// It is fetched with the credentials of the commit's own repository and kept for that repository alone: what its token may
/// not read, the forge refuses, whatever other repositories are registered here. All of it is asked for again as often as a
/// builder likes; what is here is not fetched twice, so that nothing has to be remembered over a restart.
struct PartsFetcher: Sendable {
    let mirrors: Mirrors
    let access: SourceAccessReader
    let slots: FetchSlots
    let maintenance: MirrorMaintenance
    /// Bytes of the LFS files of one commit.
    let largeFileLimit: Int64

    /// How deep submodules may lie in each other, and how many there may be.
    static let depthLimit = 10
    static let limit = 500

    /// - Throws: a `Problem` for people; whatever keeps the platform from being asked.
    func fetch(_ wanted: PartsRequest, activity: FetchActivity) async throws -> [SourceParts.Submodule] {
        let mirror = mirrors.mirror(of: wanted.repository)
        guard let source = try await access.source(of: wanted.repository) else {
            throw Problem(code: "unknown_repository", message: "\(wanted.repository) is not registered any more")
        }
        let walk = Walk(fetcher: self, wanted: wanted, source: source, activity: activity)
        return try await walk.run(mirror)
    }

    /// One commit's way through its submodules.
    private struct Walk {
        let fetcher: PartsFetcher
        let wanted: PartsRequest
        /// Of the repository itself; its credential is good for all of them.
        let source: FetchSource
        let activity: FetchActivity

        /// A repository whose commit is here.
        struct Place {
            var mirror: Mirror
            var address: RemoteAddress
            var commit: String
            /// Such as `libs/a`; empty for the repository itself.
            var path: String
            var depth: Int
        }

        func run(_ mirror: Mirror) async throws -> [SourceParts.Submodule] {
            let address = try RemoteAddress(source.url, allowsFile: fetcher.mirrors.program.allowsFile)
            var places = [Place(mirror: mirror, address: address, commit: wanted.commit, path: "", depth: 0)]
            var found: [SourceParts.Submodule] = []
            while let place = places.popLast() {
                if wanted.largeFiles { try await fetchLargeFiles(place) }
                guard wanted.submodules else { continue }
                for submodule in try await submodules(of: place) {
                    guard found.count < PartsFetcher.limit, place.depth < PartsFetcher.depthLimit else {
                        throw Problem(
                            code: "too_many_submodules",
                            message: "\(wanted.repository) has more than \(PartsFetcher.limit) submodules, or they lie "
                                + "more than \(PartsFetcher.depthLimit) deep in each other")
                    }
                    let inner = try await fetch(submodule, of: place)
                    places.append(inner)
                    found.append(
                        SourceParts.Submodule(
                            path: inner.path,
                            url: fetcher.mirrors.url(ofModule: inner.address.text, of: wanted.repository),
                            cloneURL: inner.address.text, commit: inner.commit))
                }
            }
            return found
        }

        private func submodules(of place: Place) async throws -> [Submodule] {
            do {
                return try await place.mirror.submodules(at: place.commit)
            } catch {
                throw problem(error, "the submodules of \(name(place.path))")
            }
        }

        private func fetch(_ submodule: Submodule, of place: Place) async throws -> Place {
            let path = place.path.isEmpty ? submodule.path : "\(place.path)/\(submodule.path)"
            do {
                let address = try Mirror.address(of: submodule, below: place.address)
                let mirror = fetcher.mirrors.mirror(ofModule: address.text, of: wanted.repository)
                let source = FetchSource(url: address.text, credential: source.credential, timeout: source.timeout)
                try await fetcher.slots.withSlot(mirror.directory, address, activity: activity) {
                    try await mirror.fetch(commit: submodule.commit, from: source)
                }
                fetcher.maintenance.note(mirror)
                return Place(
                    mirror: mirror, address: address, commit: submodule.commit, path: path, depth: place.depth + 1)
            } catch let error as GitError {
                throw problem(error, "the submodule \(path) (\(submodule.url))")
            }
        }

        private func fetchLargeFiles(_ place: Place) async throws {
            let source = FetchSource(url: place.address.text, credential: source.credential, timeout: source.timeout)
            do {
                try await fetcher.slots.withSlot(place.mirror.directory, place.address, activity: activity) {
                    try await place.mirror.fetchLargeFiles(
                        of: place.commit, from: source, limit: fetcher.largeFileLimit)
                }
            } catch let error as GitError {
                throw problem(error, "the LFS files of \(name(place.path))")
            }
        }

        private func name(_ path: String) -> String { path.isEmpty ? "\(wanted.repository)" : "the submodule \(path)" }

        private func problem(_ error: GitError, _ what: String) -> any Error {
            switch error.code {
            case .cancelled: CancellationError()
            case .authentication, .repositoryNotFound:
                Problem(
                    code: error.code.rawValue,
                    message: "\(what) cannot be fetched with the token of \(wanted.repository): \(error)",
                    remedy: "give \(wanted.repository) a token that may read it too, such as one of their group: "
                        + "`slipway repo add \(wanted.repository) … --git-token-file FILE`")
            default: Problem(code: error.code.rawValue, message: "\(what) cannot be fetched: \(error)")
            }
        }
    }
}

extension Mirrors {
    /// The mirror of a submodule, of one repository alone.
    func mirror(ofModule address: String, of repository: RepositoryPath) -> Mirror {
        mirror(ofModuleNamed: Self.moduleName(address), of: repository)
    }

    /// Where builders reach it.
    func url(ofModule address: String, of repository: RepositoryPath) -> String {
        url(of: repository, module: Self.moduleName(address))
    }

    private static func moduleName(_ address: String) -> String {
        Hex.encode(SHA256.hash(data: Data(address.utf8)))
    }
}

import Contracts
import DockerEngine
import FoundationEssentials
import Glibc
import Logging
import SystemPackage

/// What this builder has brought to its engine: images that it pulled, and layers that its builds made. Above a limit of all
/// images at the engine some of these go, those first that no job has used for longest; never what others brought, what a job
/// uses, and the layers of a repository's last build.
actor ImageShelf {
    /// What is noted, so that it outlasts this program.
    struct Contents: Codable, Sendable, Equatable {
        /// By their names with digests: when each was used last, in seconds since 1970.
        var pulled: [String: Int64] = [:]
        /// By the beginnings of their ids.
        var built: [String: Built] = [:]
        /// By the names that they have at the engine since they were pushed.
        var pushed: [String: Pushed] = [:]

        var isEmpty: Bool { pulled.isEmpty && built.isEmpty && pushed.isEmpty }
    }

    struct Pushed: Codable, Sendable, Equatable {
        var id: String
        var usedAt: Int64
    }

    struct Built: Codable, Sendable, Equatable {
        var repository: String
        var usedAt: Int64
    }

    /// In bytes; 0 is none.
    private let limit: Int64
    private let file: FilePath
    private let logger: Logger
    private(set) var contents: Contents
    /// Which jobs use a pulled image, and which repositories have jobs.
    private var users: [String: Set<JobID>] = [:]
    private var jobs: [JobID: String] = [:]
    /// What is being removed: whoever wants it waits.
    private var leaving: String?
    private var isTidying = false

    init(limit: Int64, file: FilePath, logger: Logger) {
        self.limit = limit
        self.file = file
        self.logger = logger
        contents = Contents()
        guard let noted = FileManager.default.contents(atPath: file.string) else { return }
        do {
            contents = try Wire.decode(Contents.self, from: noted)
        } catch {
            // None is known to be this builder's then: what there is stays.
            logger.warning(
                "what images are this builder's cannot be read", metadata: ["path": "\(file)", "error": "\(error)"])
        }
    }

    private var now: Int64 { Int64(time(nil)) }

    // MARK: - Jobs

    func began(_ job: JobID, of repository: RepositoryPath) { jobs[job] = repository.rawValue }

    /// A job is about to use an image: it stays until the job's end.
    func use(_ image: ImageReference, by job: JobID) async {
        let name = "\(image)"
        users[name, default: []].insert(job)
        if contents.pulled[name] != nil { contents.pulled[name] = now }
        while leaving == name, !Task.isCancelled {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// This builder has brought an image, which was not there before.
    func pulled(_ image: ImageReference) {
        contents.pulled["\(image)"] = now
        write()
    }

    /// A build has been pushed by a name, which it has at the engine from now on.
    func pushed(_ image: ImageReference, of id: String) {
        contents.pushed["\(image)"] = Pushed(id: id, usedAt: now)
        write()
    }

    /// A job is over, and with it its use of images.
    func ended(_ job: JobID) {
        jobs[job] = nil
        for name in Array(users.keys) {
            users[name]?.remove(job)
            if users[name]?.isEmpty == true { users[name] = nil }
        }
    }

    /// Notes what the builds of a job made or used, and makes room.
    /// - Parameters:
    ///   - layers: by the beginnings of their ids.
    ///   - begin: when the job began, in seconds since 1970.
    func tidy(
        _ engine: DockerEngine, noting layers: Set<Substring>, of repository: RepositoryPath, since begin: Int64
    ) async {
        guard limit > 0 else { return }
        if !layers.isEmpty { await note(layers, of: repository.rawValue, since: begin, engine) }
        if !contents.isEmpty { await tidy(engine) }
    }

    /// Layers that came to be in a job's time are its own; others it has used if they are known.
    private func note(
        _ layers: Set<Substring>, of repository: String, since begin: Int64, _ engine: DockerEngine
    ) async {
        do {
            for image in try await engine.allImages() where image.labels[Self.label] != nil {
                let id = String(image.id.dropFirst("sha256:".count).prefix(12))
                guard layers.contains(Substring(id)), image.created >= begin || contents.built[id] != nil else {
                    continue
                }
                contents.built[id] = Built(repository: repository, usedAt: now)
            }
            write()
        } catch {
            logger.debug("the layers of a job are not noted", metadata: ["error": "\(error)"])
        }
    }

    // MARK: - Room

    /// What every stage of a build is labelled with.
    private static let label = "slipway.dev/repository"
    /// What is removed at a time before it is looked again how much there is.
    private static let piece = 8

    /// Removes what has to go.
    private func tidy(_ engine: DockerEngine) async {
        guard !isTidying else { return }
        isTidying = true
        defer { isTidying = false }
        var gone = 0
        do {
            var bytes = try await engine.imageBytes()
            let before = bytes
            // Below it, so that the next image does not have it begin again.
            let mark = bytes > limit ? limit / 10 * 9 : limit
            var held: Set<String> = []
            while bytes > mark {
                let images = try await engine.allImages()
                forget(but: images)
                let next = candidates(images).filter { !held.contains($0.name) }.prefix(Self.piece)
                var removed = 0
                for candidate in next {
                    // Its turn comes late: a job may have come for it.
                    guard !isUsed(candidate) else { continue }
                    leaving = candidate.name
                    defer { leaving = nil }
                    do {
                        if try await isOwn(candidate, engine) {
                            try await engine.removeImage(candidate.name, keepsLayers: true)
                            removed += 1
                        }
                        forget(candidate)
                    } catch  where error.code == .conflict {
                        // A container has it, or another image is made of it: it is looked at again later.
                        held.insert(candidate.name)
                    }
                }
                guard !next.isEmpty else { break }
                gone += removed
                bytes = try await engine.imageBytes()
            }
            if gone > 0 {
                logger.info(
                    "images that no job uses were removed from the engine",
                    metadata: ["count": "\(gone)", "bytes": "\(before - bytes)"])
                write()
            }
        } catch {
            logger.warning("images at the engine cannot be removed", metadata: ["error": "\(error)"])
        }
    }

    /// One that may go.
    struct Candidate: Sendable, Equatable {
        var name: String
        var usedAt: Int64
        var repository: String?
    }

    private func isUsed(_ candidate: Candidate) -> Bool {
        users[candidate.name]?.isEmpty == false || candidate.repository.map(Set(jobs.values).contains) == true
    }

    /// Whether a name is still that of what was pushed by it: somebody may have given it to another image.
    private func isOwn(_ candidate: Candidate, _ engine: DockerEngine) async throws(DockerError) -> Bool {
        guard let pushed = contents.pushed[candidate.name] else { return true }
        do {
            return try await engine.inspectImage(candidate.name).id == pushed.id
        } catch  where error.code == .notFound {
            return false
        }
    }

    /// Those that may go now, the longest unused first.
    private func candidates(_ images: [ListedImage]) -> [Candidate] {
        Self.candidates(images, contents).filter { !isUsed($0) }
    }

    /// Of layers those that nothing is made of and that have no name, but for the last ones of each repository.
    static func candidates(_ images: [ListedImage], _ contents: Contents) -> [Candidate] {
        let parents = Set(images.map(\.parent))
        var leaves: [Candidate] = []
        for image in images where !parents.contains(image.id) && image.tags.isEmpty && image.labels[label] != nil {
            guard let built = contents.built[String(image.id.dropFirst("sha256:".count).prefix(12))] else { continue }
            leaves.append(Candidate(name: image.id, usedAt: built.usedAt, repository: built.repository))
        }
        let newest = Dictionary(grouping: leaves) { $0.repository ?? "" }.mapValues { $0.map(\.usedAt).max() ?? 0 }
        leaves.removeAll { $0.usedAt >= newest[$0.repository ?? ""] ?? 0 }
        let named =
            contents.pulled.map { Candidate(name: $0.key, usedAt: $0.value) }
            + contents.pushed.map { Candidate(name: $0.key, usedAt: $0.value.usedAt) }
        return (leaves + named).sorted { ($0.usedAt, $0.name) < ($1.usedAt, $1.name) }
    }

    private func forget(_ candidate: Candidate) {
        contents.pulled[candidate.name] = nil
        contents.pushed[candidate.name] = nil
        contents.built[String(candidate.name.dropFirst("sha256:".count).prefix(12))] = nil
    }

    /// Forgets layers that are not there any more.
    private func forget(but images: [ListedImage]) {
        let there = Set(images.map { String($0.id.dropFirst("sha256:".count).prefix(12)) })
        contents.built = contents.built.filter { there.contains($0.key) }
    }

    private func write() {
        let new = file.string + ".new"
        do {
            let json = try Wire.encode(contents)
            guard FileManager.default.createFile(atPath: new, contents: json), rename(new, file.string) == 0 else {
                throw Errno(rawValue: errno)
            }
        } catch {
            // Then fewer of them are known to be this builder's, and stay.
            logger.warning("the file \(file) could not be written", metadata: ["error": "\(error)"])
        }
    }
}

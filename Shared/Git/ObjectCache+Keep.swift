import FoundationEssentials
import Glibc
import Logging
import SystemPackage

extension ObjectCache {
    /// Takes over what a fetch brought into a repository. It is not the job's to fail for what goes wrong here: then there
    /// is no cache.
    /// - Parameters:
    ///   - checkout: whose workspace no one but git has written to so far.
    ///   - index: what ``fill(_:with:)`` put there before; `nil` to begin anew.
    func keep(_ checkout: Checkout, after index: CacheIndex?) async {
        do {
            try await take(checkout, after: index)
        } catch is CancellationError {
            // What was copied so far is in no index, and the next one clears it away.
        } catch {
            logger.warning("the source cache cannot be written", metadata: ["error": "\(error)"])
            remove()
        }
    }

    private func take(_ checkout: Checkout, after old: CacheIndex?) async throws {
        let folder = checkout.repository + "/objects/pack"
        let present = try packs(in: folder)
        let known = Set(old?.packs.map(\.name) ?? [])
        let names = present.filter { !known.contains($0) }
        guard !names.isEmpty else { return }
        var index =
            old
            ?? CacheIndex(
                key: checkout.cacheKey, boot: CacheIndex.currentBoot, packs: [], tips: [], shallow: [], baseSize: 0)
        index.packs.removeAll { !present.contains($0.name) }
        index.shallow = try ShallowFile(of: checkout.repository).read()
        let size = try names.reduce(index.size) { size, name in
            try size + FileStamp(of: FilePath("\(folder)/\(name).pack")).size
                + FileStamp(of: FilePath("\(folder)/\(name).idx")).size
        }
        guard size <= limit, index.shallow.count <= CacheIndex.shallowLimit else {
            logger.info("a source is too large for its cache", metadata: ["bytes": "\(size)"])
            return remove()
        }
        if !isFolder(directory) {
            remove()
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
        for name in names {
            index.packs.append(
                CacheIndex.Pack(
                    name: name, objects: try await take(name, ".pack", from: folder),
                    index: try await take(name, ".idx", from: folder)))
        }
        index.add(CacheIndex.Tip(ref: checkout.ref ?? "", commit: checkout.commit))
        if old == nil { index.baseSize = index.size }
        let temporary = directory + "/index.new"
        try JSONEncoder().encode(index).write(to: URL(filePath: temporary))
        try rename(temporary, directory + "/index.json")
        try removeAll(but: index)
    }

    /// The packs git made, without those of no object: it makes one where there is nothing new, and nobody needs it.
    private func packs(in folder: String) throws -> [String] {
        var names: [String] = []
        for file in try FileManager.default.contentsOfDirectory(atPath: folder) where file.hasSuffix(".pack") {
            let name = file.dropLast(".pack".count)
            guard CacheIndex.Pack.isName(name) else { continue }
            let size = try FileStamp(of: FilePath("\(folder)/\(file)")).size
            if size > 12 + (name.utf8.count - "pack-".utf8.count) / 2 {
                names.append(String(name))
            } else {
                try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
                try FileManager.default.removeItem(atPath: "\(folder)/\(name).idx")
            }
        }
        return names
    }

    private func take(_ name: String, _ suffix: String, from folder: String) async throws -> FileStamp {
        let temporary = path(name, suffix + ".new")
        if exists(temporary.string) { try FileManager.default.removeItem(atPath: temporary.string) }
        try await FileCopy.copy(FilePath("\(folder)/\(name)\(suffix)"), to: temporary)
        let final = path(name, suffix)
        try rename(temporary.string, final.string)
        // To rename is a change too.
        return try FileStamp(of: final)
    }

    /// Clears away what an index before held and what a kill left.
    private func removeAll(but index: CacheIndex) throws {
        let kept = Set(index.packs.flatMap { ["\($0.name).pack", "\($0.name).idx"] } + ["index.json"])
        for file in try FileManager.default.contentsOfDirectory(atPath: directory) where !kept.contains(file) {
            try FileManager.default.removeItem(atPath: "\(directory)/\(file)")
        }
    }

    private func rename(_ old: String, _ new: String) throws(Errno) {
        guard Glibc.rename(old, new) == 0 else { throw Errno(rawValue: errno) }
    }
}

import FoundationEssentials
import SystemPackage
import Testing

@testable import Git

@Suite("A damaged cache")
struct CacheDamageTests {
    enum Damage: String, CaseIterable {
        case packCut, packEmpty, packChanged, packGone, packIndexGone, packLinked
        case indexCut, indexEmpty, indexOfAnotherBoot, indexOfAnotherKey, indexOfAnotherVersion, indexWithPath
        case folderLinked, folderIsFile
        /// Damage that neither sizes nor times show: git meets it.
        case packRotten, packIndexRotten, tipUnknown, olderPackForgotten
    }

    @Test("is dropped, and the job has its source all the same", arguments: Damage.allCases)
    func damage(_ damage: Damage) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        var commits: [String] = []
        for number in 0..<6 {
            commits.append(try await origin.commit(random: (0..<10).map { "file\($0)-\(number % 2)" }))
            if number > 3 { _ = try await sandbox.workspace(commits[number], of: origin, through: cache) }
        }
        try Self.damage(cache, damage, sandbox.path)
        let next = try await origin.commit(random: ["next"])
        try await sandbox.expectSameWithCache(next, of: origin, cache)
        let index = try #require(cache.read())
        #expect(index.packs.count == 1)
        #expect(index.tips.map(\.commit) == [next])
        // And from then on it is one again.
        try await sandbox.expectSameWithCache(try await origin.commit(random: ["later"]), of: origin, cache)
        #expect(try #require(cache.read()).packs.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).count == 5)
    }

    @Test("what a killed git or builder leaves is in nobody's way")
    func leftovers() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        _ = try await sandbox.workspace(try await origin.commit(random: ["a"]), of: origin, through: cache)
        let name = "pack-\(String(repeating: "0", count: 40))"
        for file in ["shallow.lock", "index.new", "\(name).pack", "\(name).idx.new", "tmp_pack_x", "packed-refs.lock"] {
            try Data("left".utf8).write(to: URL(filePath: "\(cache.directory)/\(file)"))
        }
        try FileManager.default.createSymbolicLink(
            atPath: cache.directory + "/link", withDestinationPath: origin.path)
        try await sandbox.expectSameWithCache(try await origin.commit(random: ["b"]), of: origin, cache)
        #expect(try #require(cache.read()).packs.count == 2)
        #expect(try FileManager.default.contentsOfDirectory(atPath: cache.directory).count == 5)
        #expect(FileManager.default.fileExists(atPath: origin.path + "/.git/HEAD"))
    }

    @Test("one that cannot be written, or is too large, is none")
    func limits() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let small = sandbox.cache(limit: 1000)
        for _ in 0..<2 {
            try await sandbox.expectSameWithCache(try await origin.commit(random: ["a"]), of: origin, small)
            #expect(!FileManager.default.fileExists(atPath: small.directory))
        }
        // A file stands where a folder would have to be.
        try Data().write(to: URL(filePath: sandbox.path + "/file"))
        let blocked = ObjectCache(
            directory: sandbox.path + "/file/cache", limit: 1 << 30, locks: RepositoryLocks(), logger: small.logger)
        try await sandbox.expectSameWithCache(try await origin.commit(random: ["b"]), of: origin, blocked)
    }

    @Test("one that has become too large begins anew")
    func worn() async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository()
        let cache = sandbox.cache()
        _ = try await sandbox.workspace(try await origin.commit(random: ["a"]), of: origin, through: cache)
        _ = try await sandbox.workspace(try await origin.commit(random: ["b"]), of: origin, through: cache)
        var index = try #require(cache.read())
        #expect(!index.isWorn)
        // As if one fetch of everything had brought far less than there is now.
        index.baseSize = -(8 << 20)
        #expect(index.isWorn)
        try Self.write(index, to: cache)
        try await sandbox.expectSameWithCache(try await origin.commit(random: ["c"]), of: origin, cache)
        #expect(try #require(cache.read()).packs.count == 1)
    }

    @Test("many small packs become few, and the ends of old histories are forgotten", arguments: ["sha1", "sha256"])
    func many(_ format: String) async throws {
        let sandbox = try Sandbox()
        let origin = try await sandbox.repository(format: format)
        var cache = sandbox.cache()
        cache.packLimit = 3
        var commits = [try await origin.commit(random: (0..<20).map { "file\($0)" })]
        var counts: [Int] = []
        for _ in 0..<8 {
            commits.append(try await origin.commit(random: ["changed"]))
            try await sandbox.expectSameWithCache(try #require(commits.last), of: origin, cache)
            let index = try #require(cache.read())
            counts.append(index.packs.count)
            #expect(index.shallow.count <= 5)
        }
        #expect(counts.prefix(4) == [1, 2, 3, 2])
        #expect(counts.max() == 3)
        // An old commit, whose history ends where it was forgotten.
        for commit in [commits[2], commits[8], commits[4]] {
            try await sandbox.expectSameWithCache(commit, of: origin, cache)
        }
    }

    @Test("the commits it names are the last of each ref, and not too many")
    func tips() {
        var index = CacheIndex(
            key: "", boot: "", packs: [], tips: [], shallow: [], baseSize: 0)
        func add(_ ref: String, _ commits: String...) {
            for commit in commits { index.add(.init(ref: ref, commit: commit)) }
        }
        add("main", "1", "2", "3", "2", "4")
        #expect(index.tips.map(\.commit) == ["2", "4"])
        add("topic", "4", "5")
        #expect(index.tips.map(\.commit) == ["2", "4", "5"])
        for number in 0..<6 { add("ref\(number)", "a\(number)") }
        #expect(index.tips.map(\.commit) == ["4", "5", "a0", "a1", "a2", "a3", "a4", "a5"])
    }

    // MARK: Damage

    private static func damage(_ cache: ObjectCache, _ damage: Damage, _ sandbox: String) throws {
        var index = try #require(cache.read())
        let newest = try #require(index.packs.last)
        let pack = "\(cache.directory)/\(newest.name).pack"
        let packIndex = "\(cache.directory)/\(newest.name).idx"
        let indexFile = cache.directory + "/index.json"
        switch damage {
        case .packCut: try overwrite(pack) { $0.removeLast(100) }
        case .packEmpty: try overwrite(pack) { $0.removeAll() }
        case .packChanged: try overwrite(pack) { $0[$0.count / 2] ^= 255 }
        case .packGone: try FileManager.default.removeItem(atPath: pack)
        case .packIndexGone: try FileManager.default.removeItem(atPath: packIndex)
        case .packLinked:
            try FileManager.default.moveItem(atPath: pack, toPath: sandbox + "/moved")
            try FileManager.default.createSymbolicLink(atPath: pack, withDestinationPath: sandbox + "/moved")
        case .indexCut: try overwrite(indexFile) { $0.removeLast(20) }
        case .indexEmpty: try overwrite(indexFile) { $0.removeAll() }
        case .indexOfAnotherBoot:
            index.boot = "before"
            try write(index, to: cache)
        case .indexOfAnotherKey:
            index.key += "x"
            try write(index, to: cache)
        case .indexOfAnotherVersion:
            index.version += 1
            try write(index, to: cache)
        case .indexWithPath:
            index.packs[0].name = "../../../../etc/passwd"
            try write(index, to: cache)
        case .folderLinked:
            try FileManager.default.moveItem(atPath: cache.directory, toPath: sandbox + "/moved")
            try FileManager.default.createSymbolicLink(
                atPath: cache.directory, withDestinationPath: sandbox + "/moved")
        case .folderIsFile:
            try FileManager.default.removeItem(atPath: cache.directory)
            try Data("file".utf8).write(to: URL(filePath: cache.directory))
        case .packRotten:
            for number in index.packs.indices {
                let path = "\(cache.directory)/\(index.packs[number].name).pack"
                try overwrite(path) { for place in 100..<$0.count - 100 { $0[place] ^= 255 } }
                index.packs[number].objects = try FileStamp(of: FilePath(path))
            }
            try write(index, to: cache)
        case .packIndexRotten:
            try overwrite(packIndex) { for place in $0.indices { $0[place] = 0 } }
            index.packs[index.packs.count - 1].index = try FileStamp(of: FilePath(packIndex))
            try write(index, to: cache)
        case .tipUnknown:
            index.tips[0].commit = String(repeating: "2", count: 40)
            try write(index, to: cache)
        case .olderPackForgotten:
            index.packs.removeFirst()
            try write(index, to: cache)
        }
    }

    private static func overwrite(_ path: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = Array(try Data(contentsOf: URL(filePath: path)))
        change(&bytes)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static func write(_ index: CacheIndex, to cache: ObjectCache) throws {
        try JSONEncoder().encode(index).write(to: URL(filePath: cache.directory + "/index.json"))
    }
}

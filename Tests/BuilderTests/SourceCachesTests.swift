import Foundation
import Git
import Logging
import SystemPackage
import TestSupport
import Testing

@testable import Builder

@Suite struct SourceCachesTests {
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    @Test func aCacheIsForOneRepositoryFormatAndDepth() {
        let caches = SourceCaches(folder: "/data/sources", limit: 1, logger: logger)
        func name(_ url: String, _ credential: GitCredential = .none, format: Int = 40, depth: Int = 50) -> String {
            let commit = String(repeating: "a", count: format)
            let checkout = Checkout(url: url, credential: credential, commit: commit, directory: "/w", depth: depth)
            return caches.cache(for: checkout).directory
        }
        let web = name("http://sync:8081/shop/web.git")
        #expect(web.hasPrefix("/data/sources/"))
        let digits = web.dropFirst("/data/sources/".count)
        #expect(digits.allSatisfy { $0.isHexDigit })
        #expect(web.count == "/data/sources/".count + 64)
        #expect(web == name("http://sync:8081/shop/web.git", .bearer("token of another job")))
        let others = [
            name("http://sync:8081/shop/app.git"), name("http://sync:8081/../../etc"),
            name("http://sync:8081/shop/web.git", format: 64), name("http://sync:8081/shop/web.git", depth: 1),
        ]
        #expect(Set(others + [web]).count == 5)
    }

    @Test func theOnesUsedLongestAgoMakeRoom() async throws {
        try await withTemporaryDirectory { folder in
            let cached = try await fill(folder, ["one", "two", "three", "four"])
            let size = try #require(cached["one"]?.usage()?.bytes)
            let now = Date(timeIntervalSince1970: 1_800_000_000)
            let ages = ["two": 1, "four": 2, "one": 3, "three": 4]
            for (name, hours) in ages {
                try await touch(cached[name], now.addingTimeInterval(TimeInterval(-3600 * hours)))
            }
            // Two and a half of them fit.
            caches(folder, limit: size * 5 / 2).trim(now: now)
            let left = cached.filter { $0.value.usage() != nil }.map(\.key)
            #expect(Set(left) == ["two", "four"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appending("sources").string).count == 2)
        }
    }

    @Test func whatNobodyUsesAndWhatIsNoneGoes() async throws {
        try await withTemporaryDirectory { folder in
            let cached = try await fill(folder, ["old", "new"])
            let now = Date(timeIntervalSince1970: 1_800_000_000)
            try await touch(cached["old"], now.addingTimeInterval(-15 * 24 * 3600))
            try await touch(cached["new"], now.addingTimeInterval(-13 * 24 * 3600))
            let sources = folder.appending("sources")
            let outside = folder.appending("outside")
            try FileManager.default.createDirectory(atPath: outside.string, withIntermediateDirectories: true)
            try Data("stays".utf8).write(to: URL(filePath: outside.appending("file").string))
            try FileManager.default.createDirectory(
                atPath: sources.appending("half").string, withIntermediateDirectories: true)
            try Data("file".utf8).write(to: URL(filePath: sources.appending("file").string))
            try FileManager.default.createSymbolicLink(
                atPath: sources.appending("link").string, withDestinationPath: outside.string)
            caches(folder, limit: 1 << 30).trim(now: now)
            #expect(cached["new"]?.usage() != nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: sources.string).count == 1)
            #expect(FileManager.default.fileExists(atPath: outside.appending("file").string))
        }
    }

    private func caches(_ folder: FilePath, limit: Int64) -> SourceCaches {
        SourceCaches(folder: folder.appending("sources"), limit: limit, logger: logger)
    }

    /// Checks out one commit of a repository for each name, all of the same size.
    private func fill(_ folder: FilePath, _ names: [String]) async throws -> [String: ObjectCache] {
        let caches = caches(folder, limit: 1 << 30)
        let home = folder.appending("home").string
        try FileManager.default.createDirectory(atPath: home, withIntermediateDirectories: true)
        let git = GitProgram(home: home, allowsFile: true, logger: logger)
        var cached: [String: ObjectCache] = [:]
        for name in names {
            let path = folder.appending(name).string
            let who = ["-C", path, "-c", "user.name=Test", "-c", "user.email=test@example.org"]
            _ = try await runTool("git", ["init", "-q", "-b", "main", path])
            _ = try await runTool("git", who + ["commit", "-q", "--allow-empty", "-m", "first"])
            let commit = try await runTool("git", ["-C", path, "rev-parse", "HEAD"]).prefix { $0.isHexDigit }
            let checkout = Checkout(
                url: "file://\(path)", commit: String(commit), directory: folder.appending("work-\(name)").string,
                depth: 50)
            let cache = caches.cache(for: checkout)
            try await git.checkout(checkout, through: cache)
            cached[name] = cache
        }
        return cached
    }

    private func touch(_ cache: ObjectCache?, _ date: Date) async throws {
        let index = try #require(cache).directory + "/index.json"
        _ = try await runTool("touch", ["-d", "@\(Int(date.timeIntervalSince1970))", index])
    }
}

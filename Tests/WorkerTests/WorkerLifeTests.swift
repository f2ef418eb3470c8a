import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

@testable import Worker

@Suite struct WorkerLifeTests {
    private func withFolder(_ body: (FilePath) throws -> Void) throws {
        let folder = FilePath(FileManager.default.temporaryDirectory.appendingPathComponent("life-\(UUID())").path)
        try FileTree.make(folder)
        defer { try? FileTree.remove(folder) }
        try body(folder)
    }

    @Test func `A life knows those before it on its folder, the last of them`() throws {
        try withFolder { folder in
            let first = try WorkerLife.begin(in: folder)
            #expect(first.ended == [])
            let second = try WorkerLife.begin(in: folder)
            #expect(second.ended == [first.id] && second.id != first.id)
            var last = second
            for _ in 0..<40 { last = try WorkerLife.begin(in: folder) }
            #expect(last.ended.count == WorkerLife.memory - 1 || last.ended.count == WorkerLife.memory)
            #expect(!last.ended.contains(first.id) && !last.ended.contains(last.id))
        }
    }

    @Test func `A file of something else is no life's`() throws {
        try withFolder { folder in
            let file = URL(filePath: folder.appending("worker-lives").string)
            try Data("\n\n\(String(repeating: "x", count: 100_000))\nabc\n".utf8).write(to: file)
            #expect(try WorkerLife.begin(in: folder).ended == ["abc"])
        }
    }
}

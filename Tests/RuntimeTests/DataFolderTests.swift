import FoundationEssentials
import Testing

@testable import Runtime

@Suite("Replicas on one data folder")
struct DataFolderTests {
    private func withRoot(_ work: (String) async throws -> Void) async throws {
        let root = "/tmp/slipway-data-\(UInt64.random(in: 0 ... .max))"
        try await work(root)
        try FileManager.default.removeItem(atPath: root)
    }

    private func settings(_ root: String) async throws -> Settings {
        try await Settings(arguments: [], environment: ["SLIPWAY_DATA": root])
    }

    @Test("the first takes the folder itself, later ones 2 and 3 below it, and a new one the first that is free")
    func claims() async throws {
        try await withRoot { root in
            let settings = try await settings(root)
            let first = try DataFolder.claim(settings)
            let second = try DataFolder.claim(settings)
            let third = try DataFolder.claim(settings)
            #expect([first, second, third].map(\.path) == [root, "\(root)/2", "\(root)/3"])
            #expect([first, second, third].allSatisfy { $0.root == root })
            second.release()
            let again = try DataFolder.claim(settings)
            #expect(again.path == "\(root)/2")
            for folder in [first, third, again] { folder.release() }
        }
    }

    @Test("a claim is kept until it is given back, whoever forgets its value")
    func kept() async throws {
        try await withRoot { root in
            let settings = try await settings(root)
            _ = try DataFolder.claim(settings)
            #expect(try DataFolder.claim(settings).path == "\(root)/2")
        }
    }

    @Test("what a replica that is gone left is found by one other alone")
    func abandoned() async throws {
        try await withRoot { root in
            let settings = try await settings(root)
            let folders = try (1...4).map { _ in try DataFolder.claim(settings) }
            for folder in folders { try Data("x".utf8).write(to: URL(filePath: folder.path + "/spool")) }
            try FileManager.default.createDirectory(
                atPath: root + "/mirrors", withIntermediateDirectories: true)
            #expect(try folders[2].abandoned(holding: "spool").isEmpty)
            folders[0].release()
            folders[1].release()
            let found = try folders[2].abandoned(holding: "spool")
            #expect(found.map(\.path) == [root, "\(root)/2"])
            #expect(try folders[3].abandoned(holding: "spool").isEmpty)
            #expect(try folders[3].abandoned(holding: "other").isEmpty)
            found[0].release()
            #expect(try folders[3].abandoned(holding: "spool").map(\.path) == [root])
        }
    }

    @Test("a service of which one may run refuses a second one, and says what to do")
    func alone() async throws {
        try await withRoot { root in
            let settings = try await settings(root)
            let first = try DataFolder.claimAlone(settings, service: "pipeline")
            let error = try #require(throws: SettingsError.self) {
                try DataFolder.claimAlone(settings, service: "pipeline")
            }
            #expect(error.message == "another pipeline is running on \(root); only one may at a time")
            #expect(error.remedy.contains("SLIPWAY_DATA"))
            first.release()
            try DataFolder.claimAlone(settings, service: "pipeline").release()
        }
    }
}

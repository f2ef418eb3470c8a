import Contracts
import Foundation
import Secrets
import Testing

/// The files of an installation's keys.
@Suite struct KeyFolderTests {
    private struct Ended: Error {}

    private let today = Timestamp(milliseconds: 1_795_000_000_000)
    private let services = KeyFolder.services(pools: ["default", "gpu"], clusters: [["east", "west"]])

    private func with(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// - Parameter writes: how many files are written before the program ends.
    private func keys(_ folder: String, writes: Int = .max) -> KeyFolder {
        var left = writes
        return KeyFolder(folder) { path, text in
            guard left > 0 else { throw Ended() }
            left -= 1
            try (text + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        }
    }

    private func ring(_ folder: String, _ service: String) throws -> KeyRing {
        let text = try String(contentsOfFile: "\(folder)/\(KeyFolder.file(of: service))", encoding: .utf8)
        return try KeyRing(String(text.dropLast()))
    }

    @Test func eachServiceHasAFileThatOpensWhatIsForIt() throws {
        try with { folder in
            let files = try keys(folder).make(services, today: today)
            #expect(
                files.map { String($0.dropFirst(folder.count + 1)) } == [
                    "seal-keys-pipeline", "seal-keys-builder-default", "seal-keys-builder-gpu",
                    "seal-keys-deployer-east+west", "seal-keys-sync",
                ])
            let platform = try ring(folder, "pipeline")
            let day = try #require(platform.platformKeys.first)
            #expect(KeyFolder.day(of: day) == "2026-11-18")
            let deployer = try ring(folder, "deployer-east+west")
            #expect(deployer.keys(of: .deployer(cluster: "east")) == [day])
            #expect(deployer.keys(of: .deployer(cluster: "west")) == [day])
            #expect(deployer.keys(of: .deployer(cluster: "default")).isEmpty)
            #expect(try ring(folder, "builder-gpu").keys(of: .builder(pool: "default")).isEmpty)
            // Again it changes nothing.
            try keys(folder).make(services, today: today)
            #expect(try ring(folder, "pipeline").text == platform.text)
        }
    }

    @Test func aNewKeyIsFirstAndTheOldOneGoesWhenItIsRetired() throws {
        try with { folder in
            try keys(folder).make(services, today: today)
            let old = try ring(folder, "pipeline").platformKeys
            let new = try keys(folder).rotate(today: today)
            #expect(new == "2026-11-18-2")
            #expect(try ring(folder, "pipeline").platformKeys == [new] + old)
            #expect(try ring(folder, "sync").keys(of: .sync) == [new] + old)
            #expect(throws: SecretsError.self) { try keys(folder).retire(new) }
            #expect(throws: SecretsError.self) { try keys(folder).retire("1999") }
            try keys(folder).retire(old[0])
            for service in ["pipeline"] + services {
                let ring = try ring(folder, service)
                #expect(!ring.text.contains(old[0] + "@") && !ring.text.contains(old[0] + ":"))
            }
        }
    }

    @Test(arguments: 0...6) func `A rotation that is killed midway is put right by doing it again`(writes: Int) throws {
        try with { folder in
            try keys(folder).make(services, today: today)
            let old = try ring(folder, "pipeline").platformKeys
            let sealed = try ring(folder, "pipeline").seal(
                "hush", for: .token(of: .init(rawValue: "a/b"), cloneURL: "u"))
            if writes < 5 {
                #expect(throws: Ended.self) { try keys(folder, writes: writes).rotate(today: today) }
            } else {
                _ = try keys(folder, writes: writes).rotate(today: today)
            }
            // Whatever was written, each service opens what was sealed before, and is sent what it opens.
            let platform = try ring(folder, "pipeline")
            let sync = try ring(folder, "sync")
            #expect(try sync.open(sealed, for: .token(of: .init(rawValue: "a/b"), cloneURL: "u")) == "hush")
            let sent = try platform.seal(
                "anew", for: .token(of: .init(rawValue: "a/b"), cloneURL: "u"), with: sync.keys(of: .sync))
            #expect(try sync.open(sent, for: .token(of: .init(rawValue: "a/b"), cloneURL: "u")) == "anew")
            try keys(folder).make(services, today: today)
            #expect(try ring(folder, "sync").keys(of: .sync) == ring(folder, "pipeline").platformKeys)
            #expect(try ring(folder, "pipeline").platformKeys.last == old[0])
        }
    }

    @Test func theRingOfAnEarlierVersionGoesToThePlatformAlone() throws {
        try with { folder in
            let former = "first:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
            try "\(former)\n".write(toFile: "\(folder)/seal-keys", atomically: true, encoding: .utf8)
            let sealed = try KeyRing(former).sealUnbound("hush", as: .step)
            try keys(folder).make(services, today: today)
            let platform = try ring(folder, "pipeline")
            #expect(platform.platformKeys == ["2026-11-18"] && platform.sharedKeys == ["first"])
            #expect(try platform.open(sealed, for: .kept(secret: "token", of: "a/b")) == "hush")
            for service in services { #expect(try ring(folder, service).sharedKeys.isEmpty) }
            try keys(folder).retire("first")
            #expect(try ring(folder, "pipeline").sharedKeys.isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/seal-keys"))
        }
    }
}

import DockerEngine
import FoundationEssentials
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Builder

/// Which image a name stands for, and for whom.
@Suite struct ImageTests {
    private let image = ImageReference(host: "r.example", path: "shop/web", tag: "1")
    private let ada = RegistryCredentials(username: "ada", password: "1")

    @Test func onlyWhatTheOwnerNamesIsTheEnginesOwn() throws {
        let rules = ImageRules(local: ["tools/*", "base:1", "*/slim"])
        for name in ["tools/go", "tools/go:2", "base:1", "docker.io/library/base:1", "r.example/a/slim"] {
            #expect(rules.areLocal(try ImageReference(name)), "\(name)")
        }
        for name in ["base", "base:2", "tool/go", "r.example/tools/go", "slim:1"] {
            #expect(!rules.areLocal(try ImageReference(name)), "\(name)")
        }
        #expect(try ImageRules(local: ["*"]).areLocal(ImageReference("any/thing:1")))
        #expect(try !ImageRules().areLocal(ImageReference("any/thing:1")))
    }

    @Test func noPushChangesWhatTheOwnerNames() throws {
        let rules = ImageRules(local: ["*", "**", "tools/*", "base:1"])
        #expect(try rules.pattern(of: ImageReference("tools/go:2")) == "tools/*")
        #expect(try rules.pattern(of: ImageReference("base:1")) == "base:1")
        #expect(try rules.pattern(of: ImageReference("base:2")) == nil)
        #expect(try rules.pattern(of: ImageReference("r.example/tools/go")) == nil)
    }

    @Test func whatIsKeptDuringAPushSaysItsName() throws {
        for text in [
            "r.example:5000/shop/web:V1", "localhost/a:1", "127.0.0.1:5000/a/my__b/c-d:2", "docker.io/library/a:1",
        ] {
            let name = try ImageReference(text)
            let kept = PushedName.place(of: name, "0123456789")
            // An engine takes it.
            #expect(try ImageReference("\(kept)") == kept)
            #expect(PushedName.name(of: kept, "0123456789") == name)
            #expect(PushedName.name(of: kept, "other") == nil)
        }
    }

    @Test func layersOfABuildAreThoseOfItsTime() {
        let layers = BuiltLayers()
        let images = [
            ListedImage(id: "sha256:aaaaaaaaaaaa00", size: 500, created: 10),
            ListedImage(id: "sha256:bbbbbbbbbbbb00", parent: "sha256:aaaaaaaaaaaa00", size: 600, created: 90),
            ListedImage(id: "sha256:cccccccccccc00", parent: "sha256:bbbbbbbbbbbb00", size: 800, created: 110),
            ListedImage(id: "sha256:dddddddddddd00", parent: "sha256:cccccccccccc00", size: 1800, created: 111),
            ListedImage(id: "sha256:eeeeeeeeeeee00", size: 9000, created: 120),
        ]
        // The base, what was used again, what was made, and another job's that is not printed.
        let printed: Set<Substring> = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc", "dddddddddddd", "ffffffffffff"]
        #expect(BuiltLayers.written(printed, of: images, since: 100) == 1200)
        layers.note(" ---> aaaaaaaaaaaa\n")
        layers.note(" ---> Running in bbbbbbbbbbbb\n")
        #expect(layers.all == ["aaaaaaaaaaaa"])
    }

    @Test func aNameWithoutAHostIsDockerHubs() throws {
        for name in ["alpine", "library/alpine", "docker.io/alpine:latest", "index.docker.io/library/alpine"] {
            #expect(try "\(ImageReference(name).usual)" == "alpine:latest")
        }
        #expect(try "\(ImageReference("r.example/library/a:1").usual)" == "r.example/library/a:1")
    }

    @Test func aDigestIsRememberedForItsLoginAlone() async throws {
        let digests = ImageDigests(memory: .seconds(600))
        let start = ContinuousClock.now
        func ask(_ login: RegistryCredentials?, _ answer: String, after: Duration = .zero, isFresh: Bool = false)
            async throws -> String
        {
            try await digests.digest(of: image, login: login, isFresh: isFresh, at: start + after) { answer }
        }
        #expect(try await ask(ada, "a") == "a")
        #expect(try await ask(ada, "b", after: .seconds(599)) == "a")
        #expect(try await ask(nil, "c") == "c")
        let bob = RegistryCredentials(username: "ada", password: "2")
        #expect(try await ask(bob, "d") == "d")
        #expect(try await ask(ada, "e", isFresh: true) == "e")
        #expect(try await ask(ada, "f", after: .seconds(600)) == "f")
        await digests.moved(image, at: start)
        #expect(await digests.last(of: image, login: ada) == "f")
        #expect(try await ask(ada, "g") == "g")
        #expect(await digests.last(of: ImageReference(host: nil, path: "x"), login: ada) == nil)
    }

    @Test func whatALoginWasToldLastOutlivesTheBuilder() async throws {
        try await withTemporaryDirectory { folder in
            let file = folder.appending("image-digests")
            let old = "sha256:" + String(repeating: "1", count: 64)
            let new = "sha256:" + String(repeating: "2", count: 64)
            let first = ImageDigests(limit: 2, file: file)
            for name in ["gone", "alpine"] {
                await first.note(old, of: try ImageReference(name), login: nil)
            }
            await first.note(old, of: image, login: ada)
            let manager = FileManager.default
            #expect(try manager.attributesOfItem(atPath: file.string)[.posixPermissions] as? Int == 0o600)
            #expect(try manager.contentsOfDirectory(atPath: folder.string) == ["image-digests"])

            let second = ImageDigests(limit: 2, file: file)
            #expect(await second.last(of: image, login: ada) == old)
            #expect(await second.last(of: image, login: nil) == nil)
            #expect(await second.last(of: image, login: .init(username: "ada", password: "2")) == nil)
            #expect(await second.last(of: try ImageReference("library/alpine"), login: nil) == old)
            #expect(await second.last(of: try ImageReference("gone"), login: nil) == nil)
            // It is asked for anew, and what was told first is the first to go.
            #expect(try await second.digest(of: image, login: ada) { new } == new)
            await second.note(new, of: try ImageReference("another"), login: nil)
            let third = ImageDigests(file: file)
            #expect(await third.last(of: image, login: ada) == new)
            #expect(await third.last(of: try ImageReference("alpine"), login: nil) == nil)

            // One that is broken is said, and takes no other with it.
            let text = String(decoding: try Data(contentsOf: URL(filePath: file.string)), as: UTF8.self)
            try Data(text.replacing("another", with: "An Other").utf8).write(to: URL(filePath: file.string))
            let lines = LogLines()
            let broken = ImageDigests(file: file, logger: lines.logger)
            #expect(await broken.last(of: image, login: ada) == new)
            #expect(lines.all.count == 1)
            #expect(lines.all.first?.message.contains("“An Other:latest” that it was “\(new)”") == true, "\(lines.all)")

            try Data("{".utf8).write(to: URL(filePath: file.string))
            let fourth = ImageDigests(file: file)
            #expect(await fourth.last(of: image, login: ada) == nil)
            await fourth.note(new, of: image, login: ada)
            #expect(await ImageDigests(file: file).last(of: image, login: ada) == new)
        }
    }

    /// What happened, in order.
    private final class Ledger: Sendable {
        private let state = Mutex<[Int]>([])
        var entries: [Int] { state.withLock { $0 } }
        func add(_ entry: Int) { state.withLock { $0.append(entry) } }
    }

    @Test func aRegistryIsAskedOnceForAllWhoWait() async throws {
        let (digests, asked, image) = (ImageDigests(), Ledger(), image)
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let ask: @Sendable () async throws -> String = {
            asked.add(1)
            enter.yield()
            for await _ in gate {}
            return "x"
        }
        let first = Task { try await digests.digest(of: image, login: nil, ask: ask) }
        for await _ in entered { break }
        let others = (0..<8).map { _ in Task { try await digests.digest(of: image, login: nil, ask: ask) } }
        // Who goes away leaves the others their answer.
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        open.finish()
        for other in others { #expect(try await other.value == "x") }
        #expect(asked.entries == [1])
    }

    @Test func aNameIsPushedByOneAtATime() async throws {
        let (turns, order) = (Turns(), Ledger())
        let (gate, open) = AsyncStream.makeStream(of: Never.self)
        let (entered, enter) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await turns.take("a") {
                enter.yield()
                for await _ in gate {}
                order.add(1)
            }
        }
        for await _ in entered { break }
        try await turns.take("b") { order.add(0) }
        let gone = Task { try await turns.take("a") { order.add(2) } }
        let last = Task { try await turns.take("a") { order.add(3) } }
        gone.cancel()
        await #expect(throws: CancellationError.self) { try await gone.value }
        open.finish()
        try await first.value
        try await last.value
        #expect(order.entries == [0, 1, 3])
    }
}

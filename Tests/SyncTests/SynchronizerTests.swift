import Contracts
import FoundationEssentials
import Git
import Messaging
import Secrets
import Testing

@testable import Sync

@Suite("From a trigger to its commit")
struct SynchronizerTests {
    private func synced(_ outcome: SyncOutcome) throws -> SourceSynced {
        guard case .synced(let source) = outcome else {
            Issue.record("\(outcome)")
            throw CancellationError()
        }
        return source
    }

    private func failure(_ outcome: SyncOutcome) -> SyncFailed? {
        guard case .failed(let failure) = outcome else { return nil }
        return failure
    }

    @Test("a push: its commit, what changed, its pipeline file, the mirror's address")
    func push() async throws {
        let origin = try await Origin()
        let before = try await origin.commit("one", ["a": [1]])
        let commit = try await origin.commit(
            "two", ["b": [2], ".drone.yml": Array("kind: pipeline\n".utf8), ".slipway.json": Array("[]".utf8)])
        let source = try synced(
            await origin.synchronizer().synchronize(
                origin.trigger(before: before, commit: commit), cloneURL: "https://elsewhere.example/x", attempt: 1))
        #expect(source.commit.sha == commit)
        #expect(source.commit.message == "two")
        #expect(source.trigger.message == "two")
        #expect(source.trigger.commit == commit)
        #expect(Set(source.changes.paths) == ["b", ".drone.yml", ".slipway.json"])
        #expect(source.changes.complete)
        #expect(source.pipelineFile == .init(path: ".slipway.json", text: "[]"))
        #expect(source.mirrorURL == "http://sync:8081/shop/web.git")
    }

    @Test("a file that is nearly called as a pipeline file is no pipeline file, and told")
    func misnamedFile() async throws {
        let origin = try await Origin()
        let foreign = try await origin.commit("foreign", [".gitlab-ci.yml": Array("test: {script: x}\n".utf8)])
        let other = try synced(
            await origin.synchronizer().synchronize(origin.trigger(commit: foreign), cloneURL: "", attempt: 1))
        #expect(other.pipelineFile == nil && other.misnamedFile == ".gitlab-ci.yml")
        let commit = try await origin.commit("misnamed", [".drone.yaml": Array("kind: pipeline\n".utf8), "a": [1]])
        let source = try synced(
            await origin.synchronizer().synchronize(origin.trigger(commit: commit), cloneURL: "", attempt: 1))
        #expect(source.pipelineFile == nil && source.misnamedFile == ".drone.yaml")
        let both = try await origin.commit("both", [".drone.yml": Array("kind: pipeline\n".utf8)])
        let next = try synced(
            await origin.synchronizer().synchronize(origin.trigger(commit: both), cloneURL: "", attempt: 1))
        #expect(next.pipelineFile?.path == ".drone.yml" && next.misnamedFile == nil)
    }

    @Test("a pipeline file that is a symbolic link is followed within the repository, and not out of it")
    func linkedFile() async throws {
        let origin = try await Origin()
        func synchronize(_ commit: String) async throws -> SyncOutcome {
            try await origin.synchronizer().synchronize(origin.trigger(commit: commit), cloneURL: "", attempt: 1)
        }
        let target = Array("kind: pipeline\n".utf8)
        let linked = try await origin.commit("linked", ["ci/build.yml": target], links: [".drone.yml": "ci/build.yml"])
        let source = try synced(await synchronize(linked))
        #expect(source.pipelineFile == .init(path: ".drone.yml", text: "kind: pipeline\n"))
        for (link, words) in [
            ("../secret", "leads out of the repository, to ../secret"),
            ("/etc/passwd", "out of the repository, to /etc/"),
            ("nothing.yml", "leads to nothing"), (".drone.yml", "leads back to itself"),
        ] {
            let commit = try await origin.commit(link, links: [".drone.yml": link])
            guard case .failed(let failure) = try await synchronize(commit) else {
                Issue.record("\(link) is followed")
                continue
            }
            #expect(failure.code == .pipelineFile)
            #expect(failure.reason.contains(".drone.yml at \(commit) is a symbolic link that"))
            #expect(failure.reason.contains(words), "\(failure.reason)")
        }
        let whole = try await origin.commit("whole", [".slipway.yml": target])
        #expect(try synced(await synchronize(whole)).pipelineFile?.path == ".slipway.yml")
    }

    @Test("handled twice, it is the same twice, also when the branch has moved on")
    func twice() async throws {
        let origin = try await Origin()
        let commit = try await origin.commit("one")
        let trigger = origin.trigger(commit: commit)
        let first = try await origin.synchronizer().synchronize(trigger, cloneURL: "", attempt: 1)
        try await origin.commit("two")
        try await origin.git("branch", "-M", "elsewhere")
        #expect(try await origin.synchronizer().synchronize(trigger, cloneURL: "", attempt: 1) == first)
        #expect(SyncOutcomes.id("synced", trigger).rawValue == "gitlab-1/synced")
    }

    @Test("a person's names: a branch, a tag, a commit, nothing but the ref's tip")
    func byHand() async throws {
        let origin = try await Origin()
        let tagged = try await origin.commit("tagged")
        try await origin.git("tag", "v1")
        let tip = try await origin.commit("tip")
        let synchronizer = origin.synchronizer()
        let branch = try synced(await synchronizer.synchronize(origin.trigger("main"), cloneURL: "", attempt: 1))
        #expect(branch.commit.sha == tip)
        #expect(branch.trigger.ref == "refs/heads/main")
        #expect(branch.trigger.branch == "main")
        #expect(!branch.changes.complete)
        let tag = try synced(await synchronizer.synchronize(origin.trigger("v1"), cloneURL: "", attempt: 1))
        #expect(tag.commit.sha == tagged)
        #expect(tag.trigger.ref == "refs/tags/v1")
        #expect(tag.trigger.branch == nil)
        let id = try synced(await synchronizer.synchronize(origin.trigger(tagged), cloneURL: "", attempt: 1))
        #expect(id.commit.sha == tagged)
        let pinned = try synced(
            await synchronizer.synchronize(origin.trigger("main", commit: tagged), cloneURL: "", attempt: 1))
        #expect(pinned.commit.sha == tagged)
    }

    @Test("a person's run is what a push of the ref makes, or says why it is not")
    func event() async throws {
        let origin = try await Origin()
        let tagged = try await origin.commit("tagged")
        try await origin.git("tag", "v1")
        try await origin.commit("tip")
        let synchronizer = origin.synchronizer()
        func ask(_ ref: String, _ event: Event? = nil) async throws -> SyncOutcome {
            let trigger = Trigger(
                id: .make(), event: event ?? .push, eventFollowsRef: event == nil ? true : nil,
                repository: Origin.repository, ref: ref, run: .make())
            return try await synchronizer.synchronize(trigger, cloneURL: "", attempt: 1)
        }
        for (ref, event, found, branch) in [
            ("v1", .tag, "refs/tags/v1", nil), ("main", .push, "refs/heads/main", "main"),
            ("refs/tags/v1", .tag, "refs/tags/v1", nil), (tagged, .push, tagged, nil),
            (String(tagged.prefix(8)), .push, tagged, nil),
        ] as [(String, Event, String, String?)] {
            let trigger = try synced(await ask(ref)).trigger
            #expect(trigger.event == event, "\(ref)")
            #expect(trigger.eventFollowsRef == nil)
            #expect(trigger.ref == found)
            #expect(trigger.branch == branch)
        }
        #expect(try synced(await ask("v1", .custom)).trigger.event == .custom)
        // A push of the tag's commit, which is no tag's run: nothing of it names the tag.
        #expect(try synced(await ask("v1", .push)).trigger.ref == tagged)
        #expect(try synced(await ask("v1", .push)).trigger.event == .push)
        // What it may have follows from the branches and tags that it is the tip of.
        #expect(try synced(await ask("v1", .push)).trigger.tipOf == ["refs/tags/v1"])
        #expect(try synced(await ask(tagged)).trigger.tipOf == ["refs/tags/v1"])
        #expect(try synced(await ask("main")).trigger.tipOf == nil)
        try await origin.git("tag", "--annotate", "--message=two", "v2", tagged)
        try await origin.git("branch", "old", tagged)
        #expect(
            try synced(await ask(tagged)).trigger.tipOf?.sorted() == ["refs/heads/old", "refs/tags/v1", "refs/tags/v2"])
        try await origin.git("branch", "--delete", "--force", "old")
        try await origin.git("tag", "--delete", "v2")
        try await origin.git("checkout", "--quiet", "--detach")
        let proposed = try await origin.commit("proposed")
        try await origin.git("update-ref", "refs/merge-requests/7/head", proposed)
        try await origin.git("checkout", "--quiet", "main")
        #expect(try synced(await ask("refs/merge-requests/7/head")).trigger.tipOf == nil)
        #expect(try synced(await ask(proposed)).trigger.tipOf == [])
        #expect(failure(try await ask(tagged, .tag))?.reason.contains("is not a tag") == true)
        #expect(failure(try await ask("main", .tag))?.reason.contains("“main” is a branch") == true)
        try await origin.git("branch", "v1")
        #expect(
            failure(try await ask("v1"))?.reason.contains("say refs/heads/v1 or refs/tags/v1") == true)
        // The event says which of them is meant.
        #expect(try synced(await ask("v1", .tag)).trigger.ref == "refs/tags/v1")
        #expect(try synced(await ask("v1", .push)).trigger.branch == "v1")
        #expect(failure(try await ask("v1", .custom))?.code == .git)
        // A name that is how another commit's id begins is ambiguous, in the length in which people write ids.
        let short = String(tagged.prefix(8))
        try await origin.git("branch", "--force", short, "main")
        #expect(
            failure(try await ask(short))?.reason.contains("say refs/heads/\(short) or \(tagged)") == true)
        try await origin.git("branch", "--force", short, tagged)
        #expect(try synced(await ask(short)).trigger.branch == short)
        let shorter = String(tagged.prefix(4))
        try await origin.git("branch", "--force", shorter, "main")
        #expect(try synced(await ask(shorter)).trigger.branch == shorter)
        #expect(try synced(await ask(tagged.uppercased())).trigger.ref == tagged)
    }

    @Test("what cannot be fetched says why, in a word and in a sentence")
    func failures() async throws {
        let origin = try await Origin()
        let synchronizer = origin.synchronizer()
        let empty = try await synchronizer.synchronize(origin.trigger(), cloneURL: "", attempt: 1)
        #expect(failure(empty)?.code == .emptyRepository)
        try await origin.commit("one")
        let noRef = try await synchronizer.synchronize(origin.trigger("refs/heads/x"), cloneURL: "", attempt: 1)
        #expect(failure(noRef)?.code == .refNotFound)
        #expect(failure(noRef)?.reason.contains("refs/heads/x") == true)
        let unknown = try await origin.synchronizer(.unknown).synchronize(origin.trigger(), cloneURL: "u", attempt: 1)
        #expect(failure(unknown)?.code == .unknownRepository)
        #expect(failure(unknown)?.reason.contains("`slipway repo add shop/web <clone address>`") == true)
        let gone = try await origin.synchronizer(.found(.init(cloneURL: origin.folder + "/nowhere")))
            .synchronize(origin.trigger(), cloneURL: "", attempt: 1)
        #expect(failure(gone)?.code == .git)
        let sealed = SealedSecret(rawValue: "v1.other.AAAA")
        let token = try await origin.synchronizer(.found(.init(cloneURL: origin.path, token: sealed)))
            .synchronize(origin.trigger(), cloneURL: "", attempt: 1)
        #expect(failure(token)?.code == .authentication)
        var hostile = origin.trigger()
        hostile.repository = RepositoryPath(rawValue: "../../etc")
        #expect(
            failure(try await synchronizer.synchronize(hostile, cloneURL: "", attempt: 1))?.code == .unknownRepository)
    }

    @Test("a push that another repository's secret verified makes an unknown repository known, and nothing else")
    func secretOfAnother() async throws {
        let origin = try await Origin()
        try await origin.commit("one")
        let push = PushReceived(
            trigger: origin.trigger(), cloneURL: "https://git.example/shop/web.git",
            secretOf: RepositoryPath(rawValue: "shop/other"))
        let unknown = try #require(try await origin.synchronizer(.unknown).discovered(push))
        #expect(failure(unknown)?.code == .unknownRepository)
        let command = "`slipway repo add shop/web https://git.example/shop/web.git`"
        #expect(failure(unknown)?.reason.contains(command) == true)
        #expect(try await origin.synchronizer().discovered(push) == nil)
    }

    private func delay(_ outcome: SyncOutcome) -> SyncDelayed? {
        guard case .delayed(let delay) = outcome else { return nil }
        return delay
    }

    @Test("a server that is away is tried again, which is told, then it is a failure")
    func away() async throws {
        let origin = try await Origin()
        let synchronizer = origin.synchronizer(.found(.init(cloneURL: "http://127.0.0.1:1/shop/web.git")))
        for (attempt, pause) in [(1, "5 s"), (2, "30 s")] {
            let outcome = try await synchronizer.synchronize(origin.trigger(), cloneURL: "", attempt: attempt)
            let delay = try #require(self.delay(outcome))
            #expect(delay.reason.contains("the server cannot be reached"))
            #expect(delay.reason.hasSuffix("; attempt \(attempt + 1) of 3 is in \(pause)"))
            #expect(delay.retryAt != nil)
        }
        let outcome = try await synchronizer.synchronize(origin.trigger(), cloneURL: "", attempt: 3)
        #expect(failure(outcome)?.code == .unreachable)
    }

    @Test("a replica that lags behind its hook is asked again; a person's wrong name is told at once")
    func laggingReplica() async throws {
        let origin = try await Origin()
        try await origin.commit("one")
        let replica = origin.folder + "/replica.git"
        try await origin.git("clone", "--quiet", "--mirror", origin.path, replica)
        let ahead = try await origin.commit("two")
        let synchronizer = origin.synchronizer(.found(.init(cloneURL: replica)))
        for ref in ["refs/heads/main", "refs/heads/new"] {
            let first = try await synchronizer.synchronize(
                origin.trigger(ref, commit: ahead), cloneURL: "", attempt: 1)
            #expect(delay(first) != nil)
            let last = try await synchronizer.synchronize(origin.trigger(ref, commit: ahead), cloneURL: "", attempt: 3)
            #expect(failure(last)?.code == .refNotFound)
        }
        var byHand = origin.trigger(commit: ahead)
        byHand.run = .make()
        #expect(
            failure(try await synchronizer.synchronize(byHand, cloneURL: "", attempt: 1))?.code == .refNotFound)
        let named = try await synchronizer.synchronize(origin.trigger("nope"), cloneURL: "", attempt: 1)
        #expect(failure(named)?.code == .refNotFound)
        try await origin.git("push", "--quiet", replica, "main")
        let source = try synced(
            await synchronizer.synchronize(origin.trigger(commit: ahead), cloneURL: "", attempt: 2))
        #expect(source.commit.sha == ahead)
    }

    @Test("a pipeline file that is no text, or larger than a message, is a failure of the run")
    func pipelineFile() async throws {
        let origin = try await Origin()
        let binary = try await origin.commit("binary", [".slipway.yml": [0xFF, 0xFE, 0]])
        let outcome = try await origin.synchronizer().synchronize(
            origin.trigger(commit: binary), cloneURL: "", attempt: 1)
        #expect(failure(outcome)?.code == .pipelineFile)
        let large = try await origin.commit("large", [".slipway.yml": [UInt8](repeating: 0x78, count: 1_100_000)])
        let second = try await origin.synchronizer().synchronize(
            origin.trigger(commit: large), cloneURL: "", attempt: 1)
        #expect(failure(second)?.code == .pipelineFile)
        #expect(failure(second)?.reason.contains(".slipway.yml has 1100000 bytes") == true)
    }

    @Test("a list of changes fits into a message")
    func changes() {
        let path = String(repeating: "x", count: 4_000)
        let cut = Synchronizer.bounded([String](repeating: path, count: 1_000), true)
        #expect(!cut.complete)
        #expect(cut.paths.count == (1 << 20) / 4_000)
        #expect(Synchronizer.bounded(["a"], true) == .init(paths: ["a"], complete: true))
        #expect(Synchronizer.bounded(["a"], false) == .init(paths: ["a"], complete: false))
    }
}

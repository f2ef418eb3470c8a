import HTTPClient
import HTTPTypes
import Hummingbird
import NIOCore
import PipelineLanguage
import Synchronization
import TestSupport
import Testing
import Worker

@testable import Deployer
@testable import Kubernetes

/// How a rollout begins when the way to the API server of a real cluster is a bad one.
@Suite(.serialized, .timeLimit(.minutes(3))) struct StartTests {
    /// What the way does with the requests of a test.
    private final class Moods: Sendable {
        struct State {
            /// The answers to come instead of those of the server, first to last.
            var refusals: [Int] = []
            /// What those ask for.
            var retryAfter: String?
            /// How many changes are made whose answer is lost.
            var lostAnswers = 0
            /// How many changes are refused since somebody else made one.
            var conflicts = 0
            /// How long a change that was made is not answered.
            var silence: Duration?
            /// Changes that the server made, without those that only ask.
            var changes = 0
        }
        let state: Mutex<State>

        init(
            refusals: [Int] = [], retryAfter: String? = nil, lostAnswers: Int = 0, conflicts: Int = 0,
            silence: Duration? = nil
        ) {
            state = Mutex(
                State(
                    refusals: refusals, retryAfter: retryAfter, lostAnswers: lostAnswers, conflicts: conflicts,
                    silence: silence))
        }
    }

    /// A proxy before the API server, which `body` reaches by a separate client.
    private func through(
        _ moods: Moods, _ cluster: TestCluster, _ body: @Sendable @escaping (KubernetesClient) async throws -> Void
    ) async throws {
        let router = Router(context: PeerContext.self)
        for method in [OutgoingRequest.Method.get, .post, .patch] {
            router.on("**", method: .init(method.rawValue) ?? .get) { request, _ in
                let refusal = moods.state.withLock { $0.refusals.isEmpty ? nil : $0.refusals.removeFirst() }
                if let refusal {
                    var answer = Response(status: .init(code: refusal))
                    if let asked = moods.state.withLock({ $0.retryAfter }) { answer.headers[.retryAfter] = asked }
                    return answer
                }
                let isChange = method == .patch && !request.uri.string.contains("dryRun")
                let isConflict = moods.state.withLock { state in
                    guard isChange, state.conflicts > 0 else { return false }
                    state.conflicts -= 1
                    return true
                }
                if isConflict { return Response(status: .conflict) }
                let answer = try await forward(request, method, cluster)
                let isMade = isChange && answer.status == .ok
                if isMade, let silence = moods.state.withLock({ $0.silence }) {
                    moods.state.withLock { $0.changes += 1 }
                    try await Task.sleep(for: silence)
                    return Response(status: .badGateway)
                }
                let isLost = moods.state.withLock { state in
                    guard isMade else { return false }
                    state.changes += 1
                    guard state.lostAnswers > 0 else { return false }
                    state.lostAnswers -= 1
                    return true
                }
                return isLost ? Response(status: .badGateway) : answer
            }
        }
        try await WebServer.with(router) { server in
            var access = cluster.client.access
            access.server = server.url
            access.tls = .init()
            access.credential = .none
            try await body(KubernetesClient(access: access, http: cluster.http, logger: cluster.logger))
        }
    }

    private func forward(
        _ request: Request, _ method: OutgoingRequest.Method, _ cluster: TestCluster
    ) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 20)
        var onward = OutgoingRequest(
            method, cluster.client.access.server + request.uri.string, tls: cluster.client.access.tls)
        onward.headers["Accept"] = "application/json"
        if let type = request.headers[.contentType] { onward.headers["Content-Type"] = type }
        if body.readableBytes > 0 { onward.body = .bytes(Array(body.readableBytesView)) }
        let answer = try await cluster.http.send(onward)
        let bytes = try await answer.body.collect(upTo: 16 << 20)
        return Response(
            status: .init(code: answer.status), body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private func start(
        _ rollout: KubernetesRollout, within limit: Duration = .seconds(60)
    ) async throws -> RolloutStart.Begun {
        var mayHaveBegun = false
        return try await RolloutStart(
            client: rollout.client, request: rollout.request, path: rollout.path, undoes: true,
            deadline: .now.advanced(by: limit), log: rollout.log, logger: rollout.logger
        ).run(&mayHaveBegun)
    }

    @Test func anAPIServerThatIsAwayForAMomentIsWaitedFor() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            // The rights are asked for first, several at a time, then the workload.
            let moods = Moods(refusals: [503, 429, 503])
            let log = MemoryLog()
            try await through(moods, cluster) { client in
                guard
                    case .changed(_, isFirst: true) = try await start(cluster.rollout(new, client: client, log: log))
                else {
                    Issue.record("the change was not made")
                    return
                }
            }
            #expect(log.text.contains("trying again"))
            #expect(moods.state.withLock { $0.changes } == 1)
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
        }
    }

    @Test(arguments: [429, 503])
    func anAPIServerIsLeftAloneAsLongAsItAsks(status: Int) async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            let moods = Moods(refusals: [status], retryAfter: "3")
            try await through(moods, cluster) { client in
                let began = ContinuousClock.now
                guard case .changed = try await start(cluster.rollout(new, client: client, log: MemoryLog()))
                else {
                    Issue.record("the change was not made")
                    return
                }
                #expect(began.duration(to: .now) >= .seconds(3))
            }
        }
    }

    @Test func aRefusedConnectionIsTriedAgainUntilTheTimeIsUp() async throws {
        try await TestCluster.with { cluster in
            let image = try await TestImages.server("one")
            var access = cluster.client.access
            access.server = "https://127.0.0.1:\(try LoopbackPort.free())"
            let client = KubernetesClient(access: access, http: cluster.http, logger: cluster.logger)
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                _ = try await start(cluster.rollout(image, client: client, log: log), within: .seconds(2))
            }
            #expect(error?.reason.contains("could not begin in time") == true)
            #expect(log.text.contains("trying again"))
        }
    }

    @Test func afterAnAnswerThatWasLostTheWorkloadIsReadAgain() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            let moods = Moods(lostAnswers: 1)
            let log = MemoryLog()
            try await through(moods, cluster) { client in
                guard case .resumed = try await start(cluster.rollout(new, client: client, log: log)) else {
                    Issue.record("the change was not found")
                    return
                }
            }
            #expect(moods.state.withLock { $0.changes } == 1)
            #expect(log.text.contains("has been changed by this rollout already"))
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            #expect(try await cluster.images() == [new])
        }
    }

    @Test func aWorkloadThatOthersChangeAllTheTimeIsTriedAgainWithPauses() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            let log = MemoryLog()
            try await through(Moods(conflicts: 6), cluster) { client in
                let began = ContinuousClock.now
                guard case .changed = try await start(cluster.rollout(new, client: client, log: log)) else {
                    Issue.record("the change was not made")
                    return
                }
                #expect(began.duration(to: .now) >= .seconds(5))
            }
            #expect(log.lines.count { $0.contains("was changed by others meanwhile; trying again") } == 1)
            try await through(Moods(conflicts: .max), cluster) { client in
                let error = await #expect(throws: JobFailure.self) {
                    let next = cluster.rollout(old, job: "job2", sequence: 2, client: client, log: MemoryLog())
                    _ = try await start(next, within: .seconds(3))
                }
                #expect(error?.reason.contains("is changed by others all the time") == true, "\(error?.reason ?? "")")
            }
        }
    }

    @Test("an undo that is made and never answered is found, and watched to its end")
    func anUndoWithoutAnAnswer() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            let rollout = cluster.rollout(
                old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64), log: MemoryLog())
            guard case .changed = try await start(rollout) else {
                Issue.record("the change was not made")
                return
            }
            let moods = Moods(silence: .seconds(20))
            try await through(moods, cluster) { client in
                let began = ContinuousClock.now
                let limit = Duration.seconds(12)
                let outcome = await RolloutUndo(
                    client: client, request: rollout.request, applied: nil, path: rollout.path, allowed: limit,
                    patience: rollout.patience,
                    follower: RolloutFollower(
                        client: cluster.client, path: rollout.path, compare: rollout.compare, stuck: { _ in },
                        log: rollout.log, logger: cluster.logger),
                    log: rollout.log, logger: cluster.logger
                ).run()
                // Read again, it is the newest revision by now.
                #expect(outcome == .rolledBack("rolled back to revision 3"))
                #expect(began.duration(to: .now) < limit)
            }
            #expect(moods.state.withLock { $0.changes } == 1)
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func aClusterThatIsAwayInTheMiddleIsSaidToBeAndWaitedFor() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let port = try #require(cluster.client.access.server.split(separator: ":").last.flatMap { Int($0) })
            let network = try TCPForwarder(to: port)
            defer { network.stop() }
            var access = cluster.client.access
            access.server = "https://127.0.0.1:\(network.port)"
            let client = KubernetesClient(access: access, http: cluster.http, logger: cluster.logger)
            let log = MemoryLog()
            let rollout = cluster.rollout(new, client: client, log: log)
            let ended = Task { try await rollout.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == new
            }
            network.set(.cutting)
            try await eventually("a word of it") { log.text.contains("the rollout is watched on when that is over") }
            #expect(log.text.contains("the cluster's API server https://127.0.0.1:\(network.port) did not answer"))
            network.set(.forwarding)
            _ = try await ended.value
            #expect(log.lines.last == "deployment \"web\" successfully rolled out")
        }
    }

    @Test func anAPIServerThatDoesNotKnowItsRulesYetIsAskedAgain() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            let moods = Moods(refusals: [403, 401, 403])
            try await through(moods, cluster) { client in
                let rollout = cluster.rollout(old, client: client, log: MemoryLog())
                let watch = ObjectWatch<NamedObject>(
                    client: client, path: rollout.path.pods, query: [], logger: cluster.logger)
                let (names, send) = AsyncStream.makeStream(of: Int.self)
                let watching = Task {
                    try await watch.run { change in
                        if case .snapshot(let all) = change { send.yield(all.count) }
                    }
                }
                #expect(await names.first { _ in true } == 1)
                watching.cancel()
                _ = await watching.result
            }
        }
    }
}

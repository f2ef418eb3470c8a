import AMQP
import Contracts
import FoundationEssentials
import Messaging
import Secrets
import Storage
import Testing

@testable import Pipeline

/// What is done with the platform, without HTTP: values in, values or a refusal out, on a real store.
@Suite struct OperationTests {
    private static let missing = RepositoryPath(rawValue: "no/such")
    private static let document: JSONValue = [["step": "compile", "commands": ["make"]]]

    /// Which refusal an operation ends with: its kind and its code.
    private func refusal(_ body: () async throws -> Void) async throws -> String {
        do {
            try await body()
            return "none"
        } catch let error as OperationError {
            #expect(!error.problem.message.isEmpty)
            return "\(error.kind) \(error.problem.code)"
        }
    }

    // MARK: - Access

    @Test func `Whoever has the token or a session of it is let in, and nobody else`() async throws {
        try await PlatformFixture.with { platform in
            let access = platform.operations.access
            #expect(platform.principal.identity == .token)
            #expect(
                try await refusal { _ = try await access.principal(token: "slp_wrong") } == "notSignedIn not_signed_in")
            let operations = platform.operations
            #expect(
                try await refusal { _ = try await operations.signIn(token: "slp_wrong") } == "notSignedIn wrong_token")
            let session = try await operations.signIn(token: PlatformFixture.token)
            #expect(try await access.principal(session: session).identity == .session)
            // A session is no token, nor the reverse.
            #expect(try await refusal { _ = try await access.principal(token: session) } == "notSignedIn not_signed_in")
            #expect(
                try await refusal { _ = try await access.principal(session: PlatformFixture.token) }
                    == "notSignedIn not_signed_in")
            let late = Timestamp.now.adding(SessionPolicy().life).adding(.seconds(1))
            #expect(
                try await refusal { _ = try await access.principal(session: session, now: late) }
                    == "notSignedIn not_signed_in")
            try await operations.signIns.signOut(session, from: .unknown)
            try await operations.signIns.signOut(session, from: .unknown)
            #expect(
                try await refusal { _ = try await access.principal(session: session) } == "notSignedIn not_signed_in")
        }
    }

    @Test func `A token is good until it is revoked`() async throws {
        try await PlatformFixture.with { platform in
            let (access, tokens) = (platform.operations.access, platform.operations.tokens)
            let made = try await tokens.make(TokenRequest(name: "ci", role: .developer), as: .administrator).token
            #expect(try await tokens.all(as: .administrator).map(\.name) == ["ci", "test"])
            let session = try await platform.operations.signIn(token: made)

            // One of the same name takes its place.
            let next = try await tokens.make(TokenRequest(name: "ci"), as: .administrator).token
            #expect(try await refusal { _ = try await access.principal(token: made) } == "notSignedIn not_signed_in")
            #expect(
                try await refusal { _ = try await access.principal(session: session) } == "notSignedIn not_signed_in")
            #expect(try await access.principal(token: next).identity == .token)

            try await tokens.revoke("test", as: .administrator)
            #expect(
                try await refusal { try await tokens.revoke("test", as: .administrator) } == "notFound unknown_token")
            #expect(
                try await refusal { _ = try await tokens.make(TokenRequest(name: "a b"), as: .administrator) }
                    == "invalid malformed_name")
            #expect(try await access.principal(token: next).identity == .token)
            try await tokens.revoke("ci", as: .administrator)
            #expect(try await refusal { _ = try await access.principal(token: next) } == "notSignedIn not_signed_in")
        }
    }

    @Test func `The token of before ends after a month, and its file with it`() async throws {
        try await PlatformFixture.with { platform in
            let access = platform.operations.access
            let first = FirstToken(store: platform.store, in: platform.directory)
            let logger = platform.engine.logger
            // As an installation of before has it.
            try await platform.store.write { transaction in
                try transaction.addToken("slp_first", name: FirstToken.name)
                try PersonStore.firstTokenEnds.apply(transaction.database)
            }
            try PrivateFile.replace(first.path, with: "slp_first")
            let end = try #require(
                try await platform.store.read { try $0.access.token(named: FirstToken.name)?.expiresAt })
            #expect(abs(end.milliseconds - Timestamp.now.milliseconds - 30 * 86_400_000) < 60_000)
            try await first.watch(logger: logger, now: end.adding(.milliseconds(-1)))
            #expect(try await access.principal(token: "slp_first").may(.managePeople))
            #expect(FileManager.default.fileExists(atPath: first.path))
            #expect(
                try await refusal { _ = try await access.principal(token: "slp_first", now: end) }
                    == "notSignedIn token_expired")
            // A clock that is far ahead for a while takes nothing away.
            try await platform.store.write { try $0.clock.advance(by: .zero, now: .now) }
            try await first.watch(logger: logger, now: end.adding(.seconds(86_400)))
            #expect(try await access.principal(token: "slp_first").may(.managePeople))
            try await platform.store.write { try $0.clock.advance(by: .seconds(40 * 86_400), now: end) }
            try await first.watch(logger: logger, now: end)
            #expect(
                try await refusal { _ = try await access.principal(token: "slp_first") }
                    == "notSignedIn not_signed_in")
            #expect(!FileManager.default.fileExists(atPath: first.path))
        }
    }

    // MARK: - Logs

    @Test func `A piece of a log that belongs nowhere is parked, and one that came early is tried again`() async throws
    {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first)
            let job = try #require(try await platform.jobs(of: run.id).first)
            await #expect(throws: MessageFailure.permanent("the job \(job.id) has no step “nothing”")) {
                try await platform.printed("nothing", job, "a")
            }
            let step = try #require(job.steps.first)
            let stream = LogStreamID(run: run.id, step: 1, attempt: 1)
            let gap = LogGap(stream: stream, stored: 0, offset: 5)
            await #expect(throws: MessageFailure.retry("\(gap)")) { try await platform.printed(step, job, at: 5, "a") }
        }
    }

    // MARK: - Repositories

    @Test func `What is not given of a repository stays as it is`() async throws {
        try await PlatformFixture.with { platform in
            let (repositories, principal) = (platform.operations.repositories, platform.principal)
            let path = RepositoryPath(rawValue: "team/app")
            let isNew = try await repositories.save(
                RepositoryRequest(
                    cloneURL: "https://git.example/a.git", defaultBranch: "trunk", allowsFile: false,
                    username: "oauth2", token: "hush"), as: path, by: principal)
            #expect(isNew)
            let isNewAgain = try await repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/a.git"), as: path, by: principal)
            #expect(!isNewAgain)
            let view = try await repositories.view(path, as: principal)
            #expect(view.cloneURL == "https://git.example/a.git" && view.defaultBranch == "trunk")
            #expect(!view.allowsFile && view.hasToken)
            let source = try #require(try await repositories.source(of: path, as: .otherStage))
            #expect(source.username == "oauth2")
            #expect(
                try platform.keys.open(
                    try #require(source.token), for: .kept(tokenOf: path, cloneURL: "https://git.example/a.git"))
                    == "hush")
            try await repositories.remove(path, as: principal)
            #expect(try await repositories.source(of: path, as: .otherStage) == nil)
            #expect(try await repositories.all(as: principal).map(\.path) == [PlatformFixture.path])
        }
    }

    @Test func `Nothing is done with a repository nobody registered, and its pushes name the command`() async throws {
        try await PlatformFixture.with { platform in
            let (operations, principal, path) = (platform.operations, platform.principal, Self.missing)
            let attempts: [() async throws -> Void] = [
                { _ = try await operations.repositories.view(path, as: principal) },
                { _ = try await operations.repositories.hook(of: path, as: principal) },
                { try await operations.repositories.remove(path, as: principal) },
                { try await operations.repositories.associate([], with: path, as: principal) },
                { _ = try await operations.secrets.all(of: path, as: principal) },
                {
                    _ = try await operations.secrets.save(
                        SecretRequest(value: "hush"), as: "token", of: .repository(path), by: principal)
                },
                { _ = try await operations.runs.start(RunRequest(repository: path), as: principal) },
            ]
            for attempt in attempts { #expect(try await refusal(attempt) == "notFound unknown_repository") }
            let trigger = Trigger(id: .make(), event: .push, repository: path, ref: "refs/heads/main")
            try await platform.store.write {
                try $0.discovered.note(
                    SyncFailed(
                        trigger: trigger, code: .unknownRepository, reason: "", cloneURL: "https://git.example/no.git"),
                    now: $0.now)
            }
            do {
                _ = try await operations.repositories.view(path, as: principal)
                Issue.record("it was found")
            } catch let error as OperationError {
                #expect(error.problem.remedy?.contains("slipway repo add no/such https://git.example/no.git") == true)
            }
        }
    }

    @Test(arguments: [
        "https://evil.example/a.git", "http://git.example/a.git", "https://git.example/other.git",
        "https://git.example:8443/a.git",
    ])
    func `The token of a repository does not go to another address`(address: String) async throws {
        try await PlatformFixture.with { platform in
            let (repositories, principal) = (platform.operations.repositories, platform.principal)
            let path = RepositoryPath(rawValue: "team/app")
            let first = RepositoryRequest(
                cloneURL: "https://git.example/a.git", username: "oauth2", token: "hush")
            _ = try await repositories.save(first, as: path, by: principal)
            _ = try await repositories.save(RepositoryRequest(cloneURL: address), as: path, by: principal)
            #expect(try await repositories.source(of: path, as: .otherStage)?.token == nil)
            #expect(try await !repositories.view(path, as: principal).hasToken)
            // Not even back.
            _ = try await repositories.save(
                RepositoryRequest(cloneURL: first.cloneURL), as: path, by: principal)
            #expect(try await repositories.source(of: path, as: .otherStage)?.token == nil)
            _ = try await repositories.save(
                RepositoryRequest(cloneURL: address, token: "mine"), as: path, by: principal)
            let token = try #require(try await repositories.source(of: path, as: .otherStage)?.token)
            #expect(try platform.keys.open(token, for: .kept(tokenOf: path, cloneURL: address)) == "mine")
        }
    }

    @Test(arguments: [
        "ext::sh -c id", "https://user:pw@git.example/a.git", "ssh://git:pw@git.example/a.git",
        "https://git.example/a.git?private_token=pw", "https://git.example/a.git#pw", "user:pw@git.example:a.git",
        "https:/user:pw@git.example/a.git", "",
    ])
    func `An address that Git does not fetch from is refused`(address: String) async throws {
        try await PlatformFixture.with { platform in
            do {
                _ = try await platform.operations.repositories.save(
                    RepositoryRequest(cloneURL: address), as: Self.missing, by: platform.principal)
                Issue.record("it was taken")
            } catch let error as OperationError {
                #expect(error.problem.code == "malformed_clone_url")
                #expect(!error.problem.message.contains("pw"), "\(error.problem.message)")
            }
            #expect(try await platform.operations.repositories.source(of: Self.missing, as: .otherStage) == nil)
        }
    }

    /// Such as another group's, by the one key of sync.
    @Test func `An address that is reached by what is everybody's takes a maintainer of all`() async throws {
        try await PlatformFixture.with { platform in
            let (repositories, path) = (platform.operations.repositories, RepositoryPath(rawValue: "shop/steal"))
            let group = try await platform.principal("group", .administrator, in: "shop/**")
            let all = try await platform.principal("all", .maintainer, in: "**")
            for address in [
                "file:///srv/git/pay/core", "/srv/git/pay/core", "ssh://git@git.example/pay/core.git",
                "git@git.example:pay/core.git",
            ] {
                let request = RepositoryRequest(cloneURL: address)
                let error = await #expect(throws: OperationError.self) {
                    try await repositories.save(request, as: path, by: group)
                }
                #expect(error?.problem.code == "shared_reach")
                _ = try await repositories.save(request, as: path, by: all)
                // Who changes something else reaches nothing new.
                let other = RepositoryRequest(cloneURL: address, defaultBranch: "next")
                #expect(try await !repositories.save(other, as: path, by: group))
            }
            let own = RepositoryRequest(cloneURL: "https://git.example/shop/steal.git", token: "its own")
            #expect(try await !repositories.save(own, as: path, by: group))
        }
    }

    @Test func `Only what is there is associated, all or nothing`() async throws {
        try await PlatformFixture.with { platform in
            let (repositories, principal) = (platform.operations.repositories, platform.principal)
            _ = try await platform.save(Self.document, as: "web")
            let good = AssociationView(component: "web", events: [.push], branches: ["main"])
            try await repositories.associate([good], with: PlatformFixture.path, as: principal)
            for (bad, expected) in [
                (AssociationView(component: "none"), "conflict unknown_component"),
                (AssociationView(component: "web", branches: ["[a"]), "invalid malformed_association"),
            ] {
                let code = try await refusal {
                    try await repositories.associate([good, bad], with: PlatformFixture.path, as: principal)
                }
                #expect(code == expected)
            }
            #expect(try await repositories.view(PlatformFixture.path, as: principal).associations == [good])
        }
    }

    // MARK: - Components

    @Test func `A component is kept by revisions, and not removed while it is used`() async throws {
        try await PlatformFixture.with { platform in
            let (components, principal) = (platform.operations.components, platform.principal)
            let first = try await platform.save(Self.document, as: "web").view
            #expect(try await platform.save(Self.document, as: "web").view.revision == 1)
            let second = try await platform.save([["step": "b", "commands": ["make"]]], as: "web").view
            #expect(second.revision == 2 && second.digest != first.digest)
            #expect(try await components.view("web", as: principal) == second)
            // What ran once stays.
            #expect(try await components.process(first.digest, as: principal).contains("compile"))
            try await platform.operations.repositories.associate(
                [AssociationView(component: "web")], with: PlatformFixture.path, as: principal)
            #expect(
                try await refusal { try await components.remove("web", as: principal) } == "conflict component_in_use")
            try await platform.operations.repositories.associate([], with: PlatformFixture.path, as: principal)
            try await components.remove("web", as: principal)
            #expect(try await components.find("web", as: principal) == nil)
        }
    }

    @Test func `What is no component is refused with all that is wrong`() async throws {
        try await PlatformFixture.with { platform in
            let (components, principal) = (platform.operations.components, platform.principal)
            let wrong: JSONValue = [["step": "a", "comands": ["make"]], ["commands": ["make"]]]
            do {
                _ = try await platform.save(wrong, as: "web")
                Issue.record("it was saved")
            } catch let error as OperationError {
                #expect(error.kind == .invalid && error.problem.code == "malformed_process")
                #expect(error.problem.details?.count ?? 0 > 1)
            }
            #expect(try await refusal { try components.check(wrong, as: principal) } == "invalid malformed_process")
            try components.check(Self.document, as: principal)
            for name in ["", "a b", "a/b", String(repeating: "x", count: 101)] {
                #expect(
                    try await refusal { _ = try await platform.save(Self.document, as: name) }
                        == "invalid malformed_name")
            }
            #expect(
                try await refusal { _ = try await components.view("web", as: principal) }
                    == "notFound unknown_component")
            #expect(
                try await refusal { try await components.remove("web", as: principal) } == "notFound unknown_component")
            #expect(
                try await refusal { _ = try await components.process("sha256:0", as: principal) }
                    == "notFound unknown_process")
        }
    }

    // MARK: - Secrets

    @Test func `A secret goes in sealed, and a repository's own hides that of all`() async throws {
        try await PlatformFixture.with { platform in
            let (secrets, principal, path) = (platform.operations.secrets, platform.principal, PlatformFixture.path)
            _ = try await secrets.save(SecretRequest(value: "everyone's"), as: "token", of: .all, by: principal)
            let own = try await secrets.save(
                SecretRequest(value: "mine"), as: "token", of: .repository(path), by: principal)
            #expect(own.repository == path)
            #expect(try await secrets.all(of: path, as: principal) == [own])
            #expect(try await secrets.all(as: principal).count == 2)
            let first = try #require(try await platform.store.read { try $0.secrets.all(for: path) }.first)
            #expect(try platform.keys.open(first.sealed, for: .kept(secret: "token", of: path.rawValue)) == "mine")
            try await secrets.remove("token", of: .repository(path), as: principal)
            #expect(
                try await refusal { try await secrets.remove("token", of: .repository(path), as: principal) }
                    == "notFound unknown_secret")
            #expect(
                try await refusal {
                    _ = try await secrets.save(SecretRequest(value: ""), as: "token", of: .all, by: principal)
                }
                    == "invalid malformed_secret")
            #expect(
                try await refusal {
                    _ = try await secrets.save(SecretRequest(value: "x"), as: "a b", of: .all, by: principal)
                }
                    == "invalid malformed_name")
        }
    }

    @Test func `A registry login goes in sealed, for a registry or a path of it, and keeps what is not given`()
        async throws
    {
        try await PlatformFixture.with { platform in
            let (secrets, ada) = (platform.operations.secrets, platform.principal)
            let login = RegistryLogin(username: "u", password: "pw")
            let place = "harbor.example:5000/shop"
            let request = RegistryRequest(username: "u", password: "pw")
            let saved = try await secrets.save(request, for: place, as: ada)
            #expect(saved == RegistryView(host: place, username: "u", rules: RegistryRules()))
            let rules = RegistryRules(repositories: ["shop/*"], uses: [.push])
            #expect(try await secrets.save(RegistryRequest(rules: rules), for: place, as: ada).rules == rules)
            #expect(try await secrets.save(request, for: place, as: ada).rules == rules)
            #expect(try await secrets.registries(as: ada) == [.init(host: place, username: "u", rules: rules)])
            let kept = try #require(try await platform.store.read { try $0.secrets.registry(place) })
            let opened = try platform.keys.open(kept.sealed, for: .kept(registry: place))
            #expect(try Wire.decode(RegistryLogin.self, from: Data(opened.utf8)) == login)
            for wrong in ["/shop", "a/", "a//b", "https://a", "a b", ""] {
                #expect(
                    try await refusal { _ = try await secrets.save(request, for: wrong, as: ada) }
                        == "invalid malformed_registry", "\(wrong)")
            }
            #expect(
                try await refusal {
                    _ = try await secrets.save(RegistryRequest(username: "x"), for: place, as: ada)
                } == "invalid malformed_registry")
            #expect(
                try await refusal {
                    _ = try await secrets.save(RegistryRequest(rules: rules), for: "b.example", as: ada)
                } == "notFound unknown_registry")
            try await secrets.remove(registry: place, as: ada)
            #expect(
                try await refusal { try await secrets.remove(registry: place, as: ada) }
                    == "notFound unknown_registry")
        }
    }

    // MARK: - Runs

    @Test func `A run by hand waits for its source; one that is wrong makes none`() async throws {
        try await PlatformFixture.with { platform in
            let path = PlatformFixture.path
            let view = try await platform.start(RunRequest(repository: path, ref: "v1"))
            #expect(view.summary.state == .pending && view.summary.byHand == true)
            #expect(view.summary.reason == "waits for the source")
            #expect(try await platform.sentWork() == ["SyncRequested → slipway.sync"])
            let document: JSONValue = [["step": "a", "commands": ["b"]]]
            for (request, expected) in [
                (RunRequest(repository: path, component: "none"), "notFound unknown_component"),
                (RunRequest(repository: path, event: .pullRequest), "invalid malformed_event"),
                (RunRequest(repository: path, document: ["steps": 1]), "invalid malformed_process"),
                (
                    RunRequest(repository: path, document: document, parameters: ["x": "1"]),
                    "invalid malformed_parameters"
                ),
            ] { #expect(try await refusal { _ = try await platform.start(request) } == expected) }
            #expect(try await platform.runs().count == 1)
            #expect(try await platform.sentWork().count == 1)
        }
    }

    @Test func `A run is made again with what it ran`() async throws {
        try await PlatformFixture.with { platform in
            try await platform.push(Samples.single)
            let first = try #require(try await platform.runs().first)
            let rerun = try await platform.rerun(first.id)
            #expect(rerun.summary.number == 2)
            let details = try #require(try await platform.store.read { try $0.runs.details(rerun.summary.id) })
            #expect(details.trigger.parent == 1 && details.trigger.commit == PlatformFixture.commit.sha)
            #expect(details.given?.note == "the process of run #1")
            #expect(
                try await refusal { _ = try await platform.rerun(.init(rawValue: "none")) } == "notFound unknown_run")
        }
    }

    @Test func `A run that is over stays as it is when it is cancelled`() async throws {
        try await PlatformFixture.with { platform in
            let run = try await platform.start(RunRequest(repository: PlatformFixture.path)).summary.id
            let cancelled = try await platform.cancel(run)
            #expect(cancelled.summary.state == .cancelled && cancelled.summary.reason == "cancelled by test")
            #expect(try await platform.cancel(run) == cancelled)
            #expect(try await platform.sentEvents() == ["dev.cdevents.pipelinerun.finished"])
            #expect(
                try await refusal { _ = try await platform.cancel(.init(rawValue: "none")) } == "notFound unknown_run")
        }
    }

    @Test func `A step's log is that of the attempt that is asked for`() async throws {
        try await PlatformFixture.with { platform in
            let (runs, principal) = (platform.operations.runs, platform.principal)
            try await platform.push(Samples.single)
            let run = try #require(try await platform.runs().first).id
            let job = try #require(try await platform.jobs(of: run).first)
            _ = try await platform.claim(job.id)
            try await platform.printed("test", job, "one\n")
            let log = try await runs.log(of: run, step: 1, attempt: nil, as: principal)
            #expect(try await log.read(from: 1, limit: 100) == Array("ne\n".utf8))
            let none = try await runs.log(of: run, step: 1, attempt: 2, as: principal)
            #expect(try await none.read(from: 0, limit: 100).isEmpty)
            #expect(
                try await refusal { _ = try await runs.log(of: run, step: 9, attempt: nil, as: principal) }
                    == "notFound unknown_step")
            let unknown = RunID(rawValue: "none")
            #expect(
                try await refusal { _ = try await runs.log(of: unknown, step: 1, attempt: nil, as: principal) }
                    == "notFound unknown_run")
            #expect(
                try await refusal { _ = try await runs.follow(unknown, logs: .none, as: principal) }
                    == "notFound unknown_run")
        }
    }

    // MARK: - Dead letters

    /// Of a message that was retried before, the broker notes the delay first.
    @Test func `What the broker parked goes back to the queue that it was delivered from too often`() {
        func death(_ queue: String, _ reason: String) -> HeaderValue {
            .table(["queue": .string(queue), "reason": .string(reason), "count": 1])
        }
        let message = IncomingMessage(
            exchange: MessageMap.parked.exchange, routingKey: MessageMap.parked.name, body: Array("{}".utf8),
            properties: MessageProperties(
                messageID: "m1", type: "JobFinished",
                headers: [
                    "x-first-death-queue": "slipway.retry.5s",
                    "x-death": .array([
                        death("slipway.pipeline", "delivery_limit"), death("slipway.retry.5s", "expired"),
                    ]),
                ]))
        let letter = DeadLetterCollector.letter(message, takesUnsigned: false)
        #expect(letter.queue == "slipway.pipeline")
        #expect(letter.reason == "it was delivered too often without being handled")
    }

    @Test func `A parked message goes back to its queue once`() async throws {
        try await PlatformFixture.with { platform in
            let (letters, principal) = (platform.operations.deadLetters, platform.principal)
            for id in ["m1", "m2"] {
                try await letters.park(
                    DeadLetter(
                        id: .init(rawValue: id), queue: "slipway.pipeline", type: "JobFinished", version: 1, run: nil,
                        contentType: "application/json", reason: "it is no JobFinished", body: "{}", parkedAt: .now),
                    as: .otherStage)
            }
            #expect(try await letters.list(limit: 10, as: principal).items.map(\.id.rawValue) == ["m2", "m1"])
            try await letters.retry(.init(rawValue: "m1"), as: principal)
            try await letters.remove(.init(rawValue: "m2"), as: principal)
            for id in ["m1", "m2"] {
                #expect(
                    try await refusal { try await letters.retry(.init(rawValue: id), as: principal) }
                        == "notFound unknown_message")
                #expect(
                    try await refusal { try await letters.remove(.init(rawValue: id), as: principal) }
                        == "notFound unknown_message")
            }
            #expect(try await platform.sentWork() == ["JobFinished → slipway.pipeline"])
        }
    }

    @Test func `A message that was parked where nothing is sent to stays parked`() async throws {
        try await PlatformFixture.with { platform in
            let (letters, principal) = (platform.operations.deadLetters, platform.principal)
            // As versions before kept the names of queues that only delay.
            for queue in ["slipway.retry.5s", "", "slipway.parked", "slipway.build."] {
                let id = MessageID.make()
                try await letters.park(
                    DeadLetter(
                        id: id, queue: queue, type: "JobFinished", version: 1, run: nil,
                        contentType: "application/json", reason: "it is no JobFinished", body: "{}", parkedAt: .now),
                    as: .otherStage)
                #expect(
                    try await refusal { try await letters.retry(id, as: principal) } == "conflict no_such_queue")
            }
            #expect(try await letters.list(limit: 10, as: principal).items.count == 4)
            #expect(try await platform.sentWork() == [])
        }
    }
}

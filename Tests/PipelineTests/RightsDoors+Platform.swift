import Contracts
import Logging
import Messaging

@testable import Pipeline

extension RightsDoor {
    static let shared: [RightsDoor] = [
        RightsDoor(
            .seeComponents, api: get(.component, ["web"]),
            page: show(.component, ["web"])
        ) { try await $0.platform.operations.components.view("web", as: $1) },
        RightsDoor(
            .seeComponents, api: get(.components),
            page: show(.components)
        ) { try await $0.platform.operations.components.all(as: $1) },
        RightsDoor(
            .seeComponents, page: submit(.checkComponent, ["web"], form: "document=%5B%5D")
        ) { try $0.platform.operations.components.check(RightsScene.document, as: $1) },
        RightsDoor(.seeComponents) { try await $0.platform.operations.components.find("web", as: $1) },
        RightsDoor(
            .seeComponents, .shared, api: get(.process, [digest]), page: show(.process, [digest])
        ) {
            try await $0.platform.operations.components.process($0.digest, as: $1)
        },
        RightsDoor(
            .seeEnvironments, .list("production", page: "production"), api: get(.environments),
            page: show(.environments)
        ) { try text(try await $0.platform.operations.environments.all(as: $1)) },
        RightsDoor(.seeEnvironments, .shared, api: get(.environment, ["production"])) {
            try await $0.platform.operations.environments.view("production", as: $1)
        },
        RightsDoor(.seePools, api: get(.pool, ["gpu"])) {
            try await $0.platform.operations.pools.view("gpu", as: $1)
        },
        RightsDoor(.seePools, api: get(.pools)) {
            try await $0.platform.operations.pools.all(as: $1)
        },
        RightsDoor(.seeWorkers, api: get(.workers)) { try await $0.platform.operations.workers.list(as: $1) },
        RightsDoor(.seeWorkers, page: show(.workers)).lookingFirst,
    ]

    static let platform: [RightsDoor] = [
        RightsDoor(
            .saveComponent, api: put(.component, ["web"], body: component),
            page: submit(
                .component, ["web"], form: "document=%5B%7B%22step%22%3A%22a%22%2C%22commands%22%3A%5B%22b%22%5D%7D%5D")
        ) { try await $0.platform.operations.components.save(RightsScene.document, as: "web", by: $1) },
        RightsDoor(.removeComponent, api: delete(.component, ["web"])) {
            try await $0.platform.operations.components.remove("web", as: $1)
        },
        RightsDoor(.saveEnvironment, api: put(.environment, ["production"], body: rules)) {
            try await $0.platform.operations.environments.save(
                Samples.production.rules, as: "production", by: $1)
        },
        RightsDoor(.removeEnvironment, api: delete(.environment, ["production"])) {
            try await $0.platform.operations.environments.remove("production", as: $1)
        },
        RightsDoor(
            .adopt,
            api: post(
                .adopt, ["production"],
                body: #"{"repository": "shop/web", "workload": "deployment/web", "namespace": "shop"}"#)
        ) {
            try await $0.platform.operations.environments.adopt(
                AdoptionRequest(repository: $0.path, namespace: "shop", workload: "deployment/web"),
                in: "production", by: $1)
        },
        RightsDoor(.savePool, api: put(.pool, ["gpu"], body: #"{"repositories": ["shop/*"]}"#)) {
            try await $0.platform.operations.pools.save(PoolRules(repositories: ["shop/*"]), as: "gpu", by: $1)
        },
        RightsDoor(.removePool, api: delete(.pool, ["gpu"])) {
            try await $0.platform.operations.pools.remove("gpu", as: $1)
        },
        RightsDoor(.drainWorker, api: put(.drain, ["busy"], body: "")) {
            try await $0.platform.operations.workers.drain("busy", as: $1)
        },
        RightsDoor(.resumeWorker, api: delete(.drain, ["rested"])) {
            try await $0.platform.operations.workers.resume("rested", as: $1)
        },
        RightsDoor(.seeRegistries, api: get(.registries)) {
            try await $0.platform.operations.secrets.registries(as: $1)
        },
        RightsDoor(
            .saveRegistry,
            api: put(.registry, ["harbor.example"], body: #"{"username": "u", "password": "p"}"#)
        ) {
            try await $0.platform.operations.secrets.save(
                RegistryRequest(username: "u", password: "p"), for: "harbor.example", as: $1)
        },
        RightsDoor(.removeRegistry, api: delete(.registry, ["harbor.example"])) {
            try await $0.platform.operations.secrets.remove(registry: "harbor.example", as: $1)
        },
        RightsDoor(.seeKeys, api: get(.keys)) {
            try await $0.platform.operations.keys.all(as: $1)
        },
        RightsDoor(.seeKeys) {
            do {
                try await $0.platform.operations.keys.check(retirementOf: "test", as: $1)
                return "not needed"
            } catch let error as OperationError where error.kind == .conflict {
                return "needed"
            }
        },
        RightsDoor(.seeRetention, api: get(.retention)) { try await $0.platform.operations.retention.view(as: $1) },
        RightsDoor(.clean, api: post(.clean)) { try await $0.platform.operations.retention.clean(as: $1) },
        RightsDoor(.saveRetention, api: put(.repositoryRetention, [repository], body: #"{"days": 30}"#)) {
            try await $0.platform.operations.retention.save(RetentionRules(days: 30), of: $0.path, by: $1)
        },
        RightsDoor(.reseal, api: post(.reseal)) {
            try await $0.platform.operations.keys.reseal(as: $1)
        },
        RightsDoor(
            .seeParked, api: get(.parkedMessages),
            page: show(.parked)
        ) { try await $0.platform.operations.deadLetters.list(limit: 10, as: $1) },
        RightsDoor(.seeParked, .list("", page: #"href="/parked""#), page: show(.home)),
        RightsDoor(
            .retryParked, api: post(.retryParkedMessage, [RightsScene.letter.rawValue]),
            page: submit(.parked, form: "id=\(RightsScene.letter)")
        ) { try await $0.platform.operations.deadLetters.retry(RightsScene.letter, as: $1) },
        RightsDoor(.dropParked, api: delete(.parkedMessage, [RightsScene.letter.rawValue])) {
            try await $0.platform.operations.deadLetters.remove(RightsScene.letter, as: $1)
        },
    ]

    static let tokens: [RightsDoor] = [
        RightsDoor(
            .seeTokens, .list("\(me)/second", page: "<b>\(me)/second</b>"), api: get(.tokens), page: show(.tokens)
        ) {
            try text(try await $0.platform.operations.tokens.all(as: $1))
        },
        RightsDoor(.seeTokens, .list("\(me)/second", page: "<b>\(me)/second</b>"), page: show(.account)) {
            try text(try await $0.platform.operations.tokens.own(as: $1))
        },
        RightsDoor(.seeOthersTokens, .list("robot", page: "<b>robot</b>"), api: get(.tokens), page: show(.tokens)) {
            try text(try await $0.platform.operations.tokens.all(as: $1))
        },
        RightsDoor(
            .makeToken, api: post(.tokens, body: #"{"name": "\#(me)/third"}"#),
            page: submit(.tokens, form: "name=third")
        ) {
            try await $0.platform.operations.tokens.make(TokenRequest(name: "\($0.me)/third"), as: $1)
        },
        RightsDoor(
            .revokeToken, api: delete(.token, ["\(me)/second"]),
            page: submit(.revokeToken, form: "name=\(me)%2Fsecond")
        ) {
            try await $0.platform.operations.tokens.revoke(RightsScene.own($0.me).token, as: $1)
        },
        RightsDoor(
            .revokeOthersToken, api: delete(.token, ["ada/second"]),
            page: submit(.revokeToken, form: "name=ada%2Fsecond")
        ) {
            try await $0.platform.operations.tokens.revoke("ada/second", as: $1)
        },
        RightsDoor(
            .makeOthersToken, api: post(.tokens, body: #"{"name": "robot", "role": "viewer"}"#),
            page: submit(.tokens, form: "account=robot&role=viewer")
        ) { try await $0.platform.operations.tokens.make(TokenRequest(name: "robot", role: .viewer), as: $1) },
        RightsDoor(
            .revokeOthersToken, api: delete(.token, ["robot"]), page: submit(.revokeToken, form: "name=robot")
        ) {
            try await $0.platform.operations.tokens.revoke("robot", as: $1)
        },
    ]

    static let people: [RightsDoor] = [
        RightsDoor(.seePeople, api: get(.people), page: show(.people)) {
            try await $0.platform.operations.people.all(as: $1)
        },
        RightsDoor(
            .managePeople, api: put(.person, ["ada"], body: #"{"displayName": "Ada"}"#),
            page: submit(.person, ["ada"], form: "do=unblock")
        ) {
            try await $0.platform.operations.people.change("ada", PersonChange(displayName: "Ada"), as: $1)
        },
        RightsDoor(
            .managePeople, api: post(.personLink, ["ada"]),
            page: submit(.person, ["ada"], form: "do=link")
        ) { try await $0.platform.operations.people.link(for: "ada", as: $1) },
        RightsDoor(.seePeople, api: get(.sessions, query: "person=ada")) {
            try await $0.platform.operations.sessions.all(of: "ada", as: $1)
        },
        // Its name is one that nobody has had.
        RightsDoor(
            .managePeople, api: post(.people, body: #"{"name": "\#(RightsScene.theRun)"}"#),
            page: submit(.people, form: "name=\(RightsScene.theRun)")
        ) { try await $0.platform.operations.people.invite(PersonRequest(name: $0.run.rawValue), as: $1) },
        RightsDoor(.managePeople) { try await $0.platform.operations.people.makeLink(for: nil, as: $1) },
        RightsDoor(.managePeople) {
            try await $0.platform.operations.people.prepare(
                as: $1, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        },
        RightsDoor(
            .managePeople, .hidden, api: delete(.oneSession, [RightsScene.own("ada").session]),
            page: submit(.endSession, [RightsScene.own("ada").session], form: "")
        ) { try await $0.platform.operations.sessions.end(RightsScene.own("ada").session, as: $1) },
        RightsDoor(.seeOwnAccount, api: get(.me), page: show(.account)) {
            try await $0.platform.operations.people.me(as: $1)
        },
        RightsDoor(.seeOwnAccount, api: get(.sessions)) {
            try await $0.platform.operations.sessions.all(of: nil, as: $1)
        },
        RightsDoor(
            .changeOwnAccount, api: delete(.oneSession, [RightsScene.own(me).session]),
            page: submit(.endSession, [RightsScene.own(me).session], form: "")
        ) { try await $0.platform.operations.sessions.end(RightsScene.own($0.me).session, as: $1) },
    ]

    static let roles: [RightsDoor] = [
        RightsDoor(
            .seeRoles, .list(#""scope":"shop/web""#, page: "<b>robot</b>"), api: get(.roles), page: show(.roles)
        ) { try text(try await $0.platform.operations.roles.all(as: $1)) },
        RightsDoor(
            .seeRoles, .list(#""scope":"shop/web""#, page: ""), api: get(.roles, query: "repository=\(repository)")
        ) { try text(try await $0.platform.operations.roles.all(in: $0.path, as: $1)) },
        RightsDoor(
            .giveRole, api: put(.role, ["robot", repository], body: #"{"role": "viewer"}"#),
            page: submit(.roles, form: "holder=robot&role=viewer&scope=shop%2Fweb")
        ) {
            try await $0.platform.operations.roles.give(
                RoleRequest(role: .viewer), within: $0.path.rawValue, to: "robot", by: $1)
        },
        RightsDoor(
            .takeRole, api: delete(.role, ["robot", repository]),
            page: submit(.takeRole, form: "holder=robot&scope=shop%2Fweb")
        ) {
            try await $0.platform.operations.roles.take(within: $0.path.rawValue, from: "robot", by: $1)
        },
        RightsDoor(
            .seeAudit, .list(#""repository":"shop/web""#, page: #"href="/repositories/shop/web""#), api: get(.audit),
            page: show(.audit)
        ) {
            try text(try await $0.platform.operations.audit.list(limit: 50, as: $1))
        },
        RightsDoor(.seeAudit, .list(#""repository":"shop/web""#, page: ""), api: get(.auditExport)) {
            try text(try await $0.platform.operations.audit.list(limit: 50, as: $1))
        },
    ]

    static let stages: [RightsDoor] = [
        stage { try await $0.repositories.access(to: $1.path, keys: nil, as: $2) },
        stage {
            try await $0.repositories.neighbours(of: $1.path, cloneURL: "https://git.example/shop/web.git", as: $2)
        },
        stage {
            try await $0.jobs.claim(JobClaim(job: JobID(rawValue: "j"), attempt: 1, worker: "w"), by: "w", as: $2)
        },
        stage {
            try await $0.jobs.refusal(of: JobHeartbeat(job: JobID(rawValue: "j"), run: $1.run, attempt: 1), as: $2)
        },
        stage { try await $0.jobs.heartbeat(JobHeartbeat(job: JobID(rawValue: "j"), run: $1.run, attempt: 1), as: $2) },
        stage {
            try await $0.jobs.stepStarted(
                StepStarted(job: JobID(rawValue: "j"), run: $1.run, attempt: 1, step: "deploy", at: .now), as: $2)
        },
        stage {
            try await $0.jobs.stepFinished(
                StepFinished(
                    job: JobID(rawValue: "j"), run: $1.run, attempt: 1,
                    report: StepReport(step: "deploy", outcome: .success, startedAt: .now, finishedAt: .now)), as: $2)
        },
        stage {
            try await $0.jobs.jobFinished(
                JobFinished(job: JobID(rawValue: "j"), run: $1.run, attempt: 1, outcome: .success, steps: []), as: $2)
        },
        stage {
            try await $0.jobs.printed(
                LogChunk(job: JobID(rawValue: "j"), run: $1.run, attempt: 1, step: "deploy", offset: 0, text: "x"),
                as: $2)
        },
        stage {
            try await $0.sources.synced(
                SourceSynced(
                    trigger: $1.trigger, commit: PlatformFixture.commit, changes: .init(paths: [], complete: true),
                    pipelineFile: nil, mirrorURL: ""), id: .make(), as: $2)
        },
        stage { try await $0.sources.delayed(SyncDelayed(trigger: $1.trigger, reason: ""), id: .make(), as: $2) },
        stage {
            try await $0.sources.failed(
                SyncFailed(trigger: $1.trigger, code: .unknownRepository, reason: ""), id: .make(), as: $2)
        },
        stage {
            try await $0.workers.announce(
                WorkerAnnounced(name: "w", life: "1", scope: WorkerScope(), slots: 1, version: "0"), by: "w", as: $2)
        },
        stage {
            try await $0.sources.listed(
                HeadsListed(repository: $1.path, round: 1, heads: nil), id: .make(), as: $2)
        },
        stage { try await $0.jobs.beat(PlatformBeat(sender: "p", at: 1), as: $2) },
        stage { try await $0.deadLetters.park(RightsScene.parked(at: .now), as: $2) },
        stage { try await $0.deadLetters.pass(RightsScene.parked(at: .now), as: $2) },
        stage { try await $0.deadLetters.passEarlier(as: $2) },
        stage { try await $0.deadLetters.sendReadable(as: $2) },
        stage {
            try await $0.deadLetters.setAside(
                UnreadableMessage(sequence: .max, text: "", reason: "it is none"), as: $2)
        },
    ]

    private static func stage(
        _ call: @escaping @Sendable (Operations, RightsScene, Principal) async throws -> any Sendable
    ) -> RightsDoor {
        RightsDoor(.serveStages) { try await call($0.platform.operations, $0, $1) }
    }
}

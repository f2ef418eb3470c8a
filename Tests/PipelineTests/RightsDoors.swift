import Contracts
import Messaging

@testable import Pipeline

extension RightsDoor {
    static let repository = RightsScene.path.rawValue
    private static let run = RightsScene.theRun
    static let digest = RightsScene.theDigest
    static let me = RightsScene.myName
    static let component = #"[{"step": "compile", "commands": ["make"]}]"#
    static let rules =
        #"{"clusters": ["default"], "workloads": ["deployment/web"], "repositories": ["shop/web"]}"#

    /// All of them; some operations have several.
    static let all: [RightsDoor] =
        runs + offers + repositories + secrets + shared + platform + tokens + people + roles + stages + commands

    static let runs: [RightsDoor] = [
        RightsDoor(
            .seeRuns, api: get(.run, [run]),
            page: show(.run, [run])
        ) { try await $0.platform.operations.runs.view($0.run, as: $1) },
        RightsDoor(
            .seeRuns, api: get(.log, [run, "1"]),
            page: show(.log, [run, "1"])
        ) { try await $0.platform.operations.runs.log(of: $0.run, step: 1, attempt: nil, as: $1) },
        RightsDoor(.seeRuns, api: get(.logTimes, [run, "1"])) {
            try await $0.platform.operations.runs.changes(of: $0.run, as: $1)
        },
        RightsDoor(
            .seeRuns, .ended, api: get(.runEvents, [run], query: "logs=all"), page: show(.liveRun, [run])
        ) { try await $0.platform.operations.runs.follow($0.run, logs: .none, as: $1) },
        RightsDoor(.seeRuns, .ended, api: get(.log, [run, "1"], query: "follow=1")) {
            try await $0.platform.operations.runs.view($0.run, as: $1)
        },
        RightsDoor(
            .seeRuns, .list(run, page: run), api: get(.runs, query: "repository=shop/web"),
            page: show(.home)
        ) { try text(try await $0.platform.operations.runs.list(as: $1)) },
        RightsDoor(.seeRuns, .list(run, page: run)) {
            try text(try await $0.platform.operations.runs.find($0.run, as: $1))
        },
        RightsDoor(.seeRuns, .list(run, page: run)) {
            try text(try await $0.platform.operations.runs.latest($0.run, as: $1))
        },
        RightsDoor(.seeRuns, .list(run, page: run)) {
            let page = try await $0.platform.operations.runs.livePage(RunQuery(), before: nil, limit: 50, as: $1)
            return try text(page.runs.map(\.summary))
        },
        RightsDoor(
            .startRun, api: post(.runs, body: #"{"repository": "shop/web"}"#),
            page: submit(.runs, form: "repository=shop%2Fweb")
        ) {
            try await $0.platform.operations.runs.start(RunRequest(repository: $0.path), as: $1)
        },
        RightsDoor(
            .startGivenRun,
            api: post(.runs, body: #"{"repository": "shop/web", "document": \#(component)}"#)
        ) {
            try await $0.platform.operations.runs.start(
                RunRequest(repository: $0.path, document: RightsScene.document), as: $1)
        },
        RightsDoor(
            .rerun, api: post(.rerun, [run]),
            page: submit(.rerun, [run], form: "")
        ) { try await $0.platform.operations.runs.rerun($0.run, as: $1) },
        RightsDoor(
            .cancelRun, api: post(.cancelRun, [run]),
            page: submit(.cancelRun, [run], form: "")
        ) { try await $0.platform.operations.runs.cancel($0.run, as: $1) },
        verdict(.decideRollout), verdict(.decideOpenRollout),
    ]

    /// What a page offers is what they may do.
    static let offers: [RightsDoor] = [
        offer(.startRun, #"action="/runs""#), offer(.associate, #"<button>Associate"#),
        offer(.seeHook, "<h2>Webhook"), offer(.seeSecrets, "<h2>Secrets"),
        offer(.saveSchedule, "<button>Save schedule"), offer(.removeSchedule, #"value="remove""#),
        offer(.startRun, "Run now</button>"), offer(.pauseSchedule, "Pause</button>"),
        offer(.resumeSchedule, "Resume</button>"), offer(.seeRoles, "<h2>People"),
        offer(.cancelRun, #"/cancel""#, of: show(.run, [run])),
        offer(.rerun, #"/again""#, of: show(.run, [run])),
        offer(.decideOpenRollout, #"/verdict""#, of: show(.run, [run])),
    ]

    private static func offer(
        _ operation: Operation, _ text: String, of page: Exchange = show(.repository, [repository])
    ) -> RightsDoor { RightsDoor(operation, .part(text), page: page) }

    static func text(_ value: some Encodable) throws -> String {
        String(decoding: try Wire.encode(value), as: UTF8.self)
    }

    private static func verdict(_ operation: Operation) -> RightsDoor {
        RightsDoor(
            operation, api: post(.verdict, [run, "1"], body: #"{"approves": true}"#),
            page: submit(.verdict, [run], form: "step=1&verdict=approve")
        ) {
            try await $0.platform.operations.runs.decide(1, of: $0.run, VerdictRequest(approves: true), by: $1)
        }
    }

    static let repositories: [RightsDoor] = [
        RightsDoor(
            .seeRepositories, .list(#""path":"shop/web""#, page: #"href="/repositories/shop/web""#),
            api: get(.repositories), page: show(.repositories)
        ) { try text(try await $0.platform.operations.repositories.all(as: $1)) },
        RightsDoor(
            .seeRepositories, .list("1 found", page: "1 found"), page: show(.repositories, query: "q=WEB")
        ) { "\(try await $0.platform.operations.repositories.search("WEB", from: 0, limit: 9, as: $1).count) found" },
        // What was written as a repository leads to those that have it in their path.
        RightsDoor(
            .seeRepositories, .list("shop/web", page: "/repositories?q=web"),
            page: show(.home, query: "repository=web")
        ) { try text(try await $0.platform.operations.repositories.paths(limit: 9, as: $1)) },
        RightsDoor(.seeRepositories, .list("git.example", page: "")) {
            try await $0.platform.operations.repositories.source(of: $0.path, as: $1)?.cloneURL ?? ""
        },
        RightsDoor(
            .seeDiscovered, .list("shop/new", page: "shop/new"), api: get(.discoveredRepositories),
            page: show(.repositories)
        ) { try text(try await $0.platform.operations.repositories.discovered(as: $1)) },
        RightsDoor(
            .seeRepositories, api: get(.repository, [repository]),
            page: show(.repository, [repository])
        ) { try await $0.platform.operations.repositories.view($0.path, as: $1) },
        RightsDoor(
            .saveRepository,
            api: put(.repository, [repository], body: #"{"cloneURL": "https://git.example/shop/web.git"}"#)
        ) {
            try await $0.platform.operations.repositories.save(
                RepositoryRequest(cloneURL: "https://git.example/shop/web.git"), as: $0.path, by: $1)
        },
        RightsDoor(.removeRepository, api: delete(.repository, [repository])) {
            try await $0.platform.operations.repositories.remove($0.path, as: $1)
        },
        RightsDoor(
            .associate,
            api: put(.associations, [repository], body: #"[{"component": "web"}]"#),
            page: submit(.repository, [repository], form: "component=web")
        ) {
            try await $0.platform.operations.repositories.associate(
                [AssociationView(component: "web", events: [], branches: [])], with: $0.path, as: $1)
        },
        RightsDoor(.seeHook, api: get(.hook, [repository])) {
            try await $0.platform.operations.repositories.hook(of: $0.path, as: $1)
        },
        RightsDoor(.seeSchedules, api: get(.schedules, [repository])) {
            try await $0.platform.operations.schedules.all(of: $0.path, as: $1)
        },
        RightsDoor(.seeSchedules, api: get(.schedule, [repository, "nightly"])) {
            try await $0.platform.operations.schedules.view("nightly", of: $0.path, as: $1)
        },
        RightsDoor(
            .saveSchedule, api: put(.schedule, [repository, "weekly"], body: #"{"expression": "@weekly"}"#),
            page: submit(.schedules, form: "repository=shop%2Fweb&name=weekly&expression=@weekly")
        ) {
            try await $0.platform.operations.schedules.save(
                ScheduleRequest(expression: "@weekly"), as: "weekly", of: $0.path, by: $1)
        },
        RightsDoor(
            .removeSchedule, api: delete(.schedule, [repository, "nightly"]),
            page: submit(.schedules, form: "repository=shop%2Fweb&name=nightly&action=remove")
        ) { try await $0.platform.operations.schedules.remove("nightly", of: $0.path, as: $1) },
        RightsDoor(
            .pauseSchedule, api: put(.pauseSchedule, [repository, "nightly"], body: ""),
            page: submit(.schedules, form: "repository=shop%2Fweb&name=nightly&action=pause")
        ) { try await $0.platform.operations.schedules.pause("nightly", of: $0.path, as: $1) },
        RightsDoor(
            .resumeSchedule, api: delete(.pauseSchedule, [repository, "rested"]),
            page: submit(.schedules, form: "repository=shop%2Fweb&name=rested&action=resume")
        ) { try await $0.platform.operations.schedules.resume("rested", of: $0.path, as: $1) },
        RightsDoor(
            .startRun, api: post(.runSchedule, [repository, "nightly"]),
            page: submit(.schedules, form: "repository=shop%2Fweb&name=nightly&action=run")
        ) {
            let request = try await $0.platform.operations.schedules.request("nightly", of: $0.path, as: $1)
            return try await $0.platform.operations.runs.start(request, as: $1)
        },
    ]

    static let secrets: [RightsDoor] = [
        RightsDoor(.seeSecrets, .list("shop/web", page: ""), api: get(.secrets)) {
            try text(try await $0.platform.operations.secrets.all(as: $1))
        },
        RightsDoor(.seeSecrets, .list(#""group":"shop""#, page: ""), at: .platform, api: get(.secrets)) {
            try text(try await $0.platform.operations.secrets.all(as: $1))
        },
        RightsDoor(.seeSecrets, api: get(.repositorySecrets, [repository])) {
            try await $0.platform.operations.secrets.all(of: $0.path, as: $1)
        },
        RightsDoor(
            .saveSecret, api: put(.repositorySecret, [repository, "token"], body: #"{"value": "v"}"#)
        ) {
            try await $0.platform.operations.secrets.save(
                SecretRequest(value: "v"), as: "token", of: .repository($0.path), by: $1)
        },
        RightsDoor(.removeSecret, api: delete(.repositorySecret, [repository, "token"])) {
            try await $0.platform.operations.secrets.remove("token", of: .repository($0.path), as: $1)
        },
        RightsDoor(.saveSecret, at: .platform, api: put(.secret, ["token"], body: #"{"value": "v"}"#)) {
            try await $0.platform.operations.secrets.save(SecretRequest(value: "v"), as: "token", of: .all, by: $1)
        },
        RightsDoor(.removeSecret, at: .platform, api: delete(.secret, ["token"])) {
            try await $0.platform.operations.secrets.remove("token", of: .all, as: $1)
        },
        RightsDoor(
            .saveSecret, at: .platform, api: put(.groupSecret, ["shop", "token"], body: #"{"value": "v"}"#)
        ) {
            try await $0.platform.operations.secrets.save(
                SecretRequest(value: "v"), as: "token", of: .group("shop"), by: $1)
        },
        RightsDoor(.removeSecret, at: .platform, api: delete(.groupSecret, ["shop", "token"])) {
            try await $0.platform.operations.secrets.remove("token", of: .group("shop"), as: $1)
        },
    ]
}

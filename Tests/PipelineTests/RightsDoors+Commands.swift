import Contracts

@testable import Pipeline

extension RightsDoor {
    /// What the command line does, with each of its commands that asks the platform.
    static let commands: [RightsDoor] =
        [
            command(.startRun, "run shop/web"), command(.startGivenRun, "run shop/web --file \(folder)/component"),
            command(.seeRuns, "runs --json", .list(run, page: "")), command(.seeRuns, "show \(run)"),
            command(.seeRuns, "logs \(run)"), command(.cancelRun, "cancel \(run)"), command(.rerun, "rerun \(run)"),
            command(.decideRollout, "environment approve \(run)").lookingFirst,
            command(.decideOpenRollout, "environment approve \(run)"),
            command(.decideOpenRollout, "environment refuse \(run)"),
        ] + commandsOfRepositories + commandsOfPlatform + commandsOfPeople

    private static let run = RightsScene.theRun
    private static let folder = RightsScene.theFolder

    private static let commandsOfRepositories: [RightsDoor] = [
        command(.seeRepositories, "repo list", .list("shop/web", page: "")),
        command(.seeDiscovered, "repo list --discovered", .list("shop/new", page: "")),
        command(.saveRepository, "repo add shop/web https://git.example/shop/web.git"),
        command(.seeRepositories, "repo show shop/web"), command(.removeRepository, "repo remove shop/web"),
        command(.associate, "repo associate shop/web web"), command(.seeHook, "repo hook shop/web"),
        command(.seeSchedules, "cron list shop/web"), command(.seeSchedules, "cron show shop/web nightly"),
        command(.saveSchedule, "cron set shop/web weekly @weekly").lookingFirst,
        command(.removeSchedule, "cron remove shop/web nightly"), command(.startRun, "cron run shop/web nightly"),
        command(.pauseSchedule, "cron pause shop/web nightly"),
        command(.resumeSchedule, "cron resume shop/web rested"),
        command(.seeSecrets, "secret list", .list("shop/web", page: "")),
        command(.seeSecrets, "secret list --repo shop/web"),
        command(.saveSecret, "secret set token --repo shop/web --file \(folder)/value"),
        command(.saveSecret, "secret set token --group shop --file \(folder)/value", at: .platform),
        command(.saveSecret, "secret set token --file \(folder)/value", at: .platform),
        command(.saveSecret, "secret limit token --repo shop/web --branch main"),
        command(.removeSecret, "secret remove token --repo shop/web"),
    ]

    private static let commandsOfPlatform: [RightsDoor] = [
        command(.seeComponents, "component list"), command(.seeComponents, "component show web"),
        command(.saveComponent, "component put web \(folder)/component"),
        command(.removeComponent, "component remove web"),
        command(.seeEnvironments, "environment list", .list("production", page: "")),
        command(.seeEnvironments, "environment show production", .shared),
        command(.saveEnvironment, "environment add \(run) --repo shop/web --workload deployment/web"),
        command(.saveEnvironment, "environment set production --branch main", .shared),
        command(.removeEnvironment, "environment remove production"),
        command(.adopt, "environment adopt production --repo shop/web --namespace shop --workload deployment/web"),
        command(.seeRegistries, "registry list"),
        command(.saveRegistry, "registry set harbor.example --user u --password-file \(folder)/value"),
        command(.saveRegistry, "registry limit harbor.example --branch main").lookingFirst,
        command(.removeRegistry, "registry remove harbor.example"),
        command(.seeKeys, "keys list"), command(.seeKeys, "keys retire test --folder \(folder)"),
        command(.seeRetention, "clean --dry-run"), command(.clean, "clean"),
        command(.saveRetention, "repo keep shop/web --days 30"),
        command(.reseal, "keys reseal"), command(.seeWorkers, "worker list"),
        command(.drainWorker, "worker drain busy"), command(.resumeWorker, "worker resume rested"),
        command(.seePools, "pool list"),
        command(.seePools, "pool show gpu"), command(.savePool, "pool set gpu --repo shop/*"),
        command(.removePool, "pool remove gpu"), command(.seeParked, "dead list"),
        command(.retryParked, "dead retry \(RightsScene.letter)"),
        command(.seeAudit, "audit --json", .list(#""repository":"shop/web""#, page: "")),
    ]

    private static let commandsOfPeople: [RightsDoor] = [
        command(.seePeople, "person list"), command(.managePeople, "person invite \(run)"),
        command(.managePeople, "person link ada"), command(.managePeople, "person set ada --display-name Ada"),
        command(.managePeople, "person block ada"), command(.managePeople, "person unblock ada"),
        command(.seeRoles, "role list", .list("shop/web", page: "")),
        command(.giveRole, "role give robot viewer --repo shop/web"),
        command(.takeRole, "role take robot --repo shop/web"),
        command(.seeOwnAccount, "session list"), command(.seePeople, "session list --person ada"),
        command(.changeOwnAccount, "session end \(RightsScene.own(me).session)"),
        command(.managePeople, "session end \(RightsScene.own("ada").session)", .hidden),
        command(.seeTokens, "token list", .list("\(me)/second", page: "")),
        command(.seeOthersTokens, "token list", .list("robot", page: "")),
        command(.makeToken, "token make \(me)/third"),
        command(.makeOthersToken, "token make robot --role viewer"),
        command(.revokeToken, "token revoke \(me)/second"),
        command(.revokeOthersToken, "token revoke ada/second"), command(.seeOwnAccount, "whoami"),
    ]

    private static func command(
        _ operation: Operation, _ words: String, _ kind: Kind = .one, at place: Operation.Place? = nil
    ) -> RightsDoor {
        var door = RightsDoor(operation, kind, at: place)
        door.command = words.split(separator: " ").map(String.init)
        return door
    }

    /// Those that ask no platform, or are how one gets in.
    static let commandsWithoutDoor: Set<String> = [
        "lint", "compile", "plan", "schema", "keys make", "keys rotate", "login", "logout", "up", "down",
        "backup", "restore",
    ]
}

import ArgumentParser
import Contracts
import PipelineLanguage

/// The rules of an environment as options. Each may be repeated; an empty text leaves a list empty.
struct EnvironmentOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A repository that may roll out to it, such as shop/web or shop/*.", valueName: "glob"))
    var repo: [String] = []

    @Option(
        name: .customLong("for"),
        help: ArgumentHelp(
            "The repository whose own rules these are, such as shop/web, in the place of those for all.",
            valueName: "repo"))
    var repository: String?

    @Option(help: ArgumentHelp("A repository that loses its own rules.", valueName: "repo"))
    var without: [String] = []

    @Option(help: ArgumentHelp("A branch that may be rolled out.", valueName: "glob"))
    var branch: [String] = []

    @Option(help: ArgumentHelp("A tag that may be rolled out.", valueName: "glob"))
    var tag: [String] = []

    @Option(help: ArgumentHelp("A ref that may be rolled out, such as refs/heads/main.", valueName: "glob"))
    var ref: [String] = []

    @Option(help: ArgumentHelp("An event that may; all but pull_request if absent.", valueName: "event"))
    var event: [String] = []

    @Option(help: ArgumentHelp("The cluster or Docker host it is on; default if absent.", valueName: "name"))
    var cluster: [String] = []

    @Option(
        help: ArgumentHelp(
            "The pool of deployers (their SLIPWAY_POOL) that roll out to it; default if absent.", valueName: "name"))
    var pool: String?

    @Option(
        help: ArgumentHelp(
            "A namespace it covers; if absent, the one of the cluster's configuration.", valueName: "glob"))
    var namespace: [String] = []

    @Option(help: ArgumentHelp("A workload it covers, such as deployment/web or deployment/*.", valueName: "glob"))
    var workload: [String] = []

    @Option(help: ArgumentHelp("The name of a container on a Docker host that it covers.", valueName: "glob"))
    var container: [String] = []

    @Option(
        help: ArgumentHelp(
            "A named volume, or a folder of the host by its whole path, that its containers may have.",
            valueName: "volume"))
    var volume: [String] = []

    @Option(help: ArgumentHelp("A network its containers may be in.", valueName: "glob"))
    var network: [String] = []

    @Option(
        help: ArgumentHelp(
            "A port of the host: 8080, 8000-8010, 127.0.0.1:8080; 0 is any that is free.", valueName: "port"))
    var port: [String] = []

    @Option(help: ArgumentHelp("A user its containers may run as.", valueName: "glob"))
    var user: [String] = []

    @Option(
        help: ArgumentHelp(
            "A label its containers may have: traefik.enable, 'traefik.http.routers.web.*' or name=value.",
            valueName: "glob"))
    var label: [String] = []

    @Option(help: ArgumentHelp("A name besides their own that its containers may answer to.", valueName: "glob"))
    var alias: [String] = []

    @Option(
        help: ArgumentHelp(
            "A log driver besides json-file, local, journald and none: the engine connects to where its options say.",
            valueName: "driver"))
    var logDriver: [String] = []

    @Option(help: ArgumentHelp("How many people have to approve a rollout.", valueName: "number"))
    var approvals: Int?

    @Option(
        help: ArgumentHelp(
            "An account that may approve, or @GROUP of the sign-in provider; the repository's maintainers if absent.",
            valueName: "glob"))
    var approver: [String] = []

    @Option(
        help: ArgumentHelp(
            "When nothing begins, by the clocks of a zone, as 'weekend: fri 16:00 - mon 08:00 Europe/Berlin'; also each day "
                + "(18:00) or once (2026-12-20 00:00).", valueName: "window"))
    var freeze: [String] = []

    @Option(help: ArgumentHelp("What the texts of its deploy steps may refer to.", valueName: "name=value"))
    var variable: [String] = []

    @Option(help: ArgumentHelp("Where the result can be seen.", valueName: "url"))
    var url: String?

    /// `NAME: FROM - UNTIL ZONE`
    private static func window(_ text: String) throws -> FreezeWindow {
        let problem = CommandError(
            "“\(text)” is no freeze", remedy: "write it as 'weekend: fri 16:00 - mon 08:00 Europe/Berlin'",
            isUsage: true)
        guard let colon = text.firstRange(of: ": "), let dash = text.firstRange(of: " - "),
            colon.upperBound <= dash.lowerBound, let space = text.lastIndex(of: " "), space > dash.upperBound
        else { throw problem }
        return FreezeWindow(
            name: String(text[..<colon.lowerBound]), from: String(text[colon.upperBound..<dash.lowerBound]),
            until: String(text[dash.upperBound..<space]), zone: String(text[text.index(after: space)...]))
    }

    /// The rules with what was given in the place of what there was.
    func applied(to known: EnvironmentRules) throws -> EnvironmentRules {
        var rules = known
        for repository in without {
            guard rules.perRepository?.removeValue(forKey: repository) != nil else {
                throw CommandError(
                    "“\(repository)” has no rules of its own",
                    remedy: "give one of \(known.ownRepositories.joined(separator: ", "))")
            }
        }
        if rules.perRepository?.isEmpty == true { rules.perRepository = nil }
        guard let repository else { return try changed(rules) }
        let ofAll: [Bool] = [
            !repo.isEmpty, pool != nil, approvals != nil, !approver.isEmpty, !freeze.isEmpty, !variable.isEmpty,
            url != nil,
        ]
        guard !ofAll.contains(true) else {
            throw CommandError(
                "repositories, the pool, approvals, freezes, variables and the url are the environment's, and no repository's own",
                remedy: "give them without --for", isUsage: true)
        }
        let path = try repositoryPath(repository)
        // What it may do now stays, but for what is given.
        let isKnown = rules.perRepository?[repository] != nil || RolloutPermit.covers(rules.repositories, repository)
        let own = try changed(isKnown ? rules.rules(for: path) : EnvironmentRules())
        rules.perRepository = (rules.perRepository ?? [:]).merging([repository: own.ofRepository]) { $1 }
        return rules
    }

    private func changed(_ known: EnvironmentRules) throws -> EnvironmentRules {
        var rules = known
        func set(_ list: WritableKeyPath<EnvironmentRules, [String]>, _ given: [String]) {
            if !given.isEmpty { rules[keyPath: list] = given.filter { !$0.isEmpty } }
        }
        set(\.repositories, repo)
        let refs = branch.map { $0.isEmpty ? "" : "refs/heads/\($0)" } + tag.map { $0.isEmpty ? "" : "refs/tags/\($0)" }
        set(\.refs, refs + ref)
        set(\.clusters, cluster)
        set(\.namespaces, namespace)
        set(\.workloads, workload)
        set(\.containers, container)
        set(\.allows.volumes, volume)
        set(\.allows.networks, network)
        set(\.allows.ports, port)
        set(\.allows.users, user)
        set(\.allows.labels, label)
        set(\.allows.aliases, alias)
        set(\.allows.logDrivers, logDriver)
        if !event.isEmpty {
            rules.events = try Event.all(named: event)
        }
        if !variable.isEmpty {
            rules.variables = [:]
            for text in variable where !text.isEmpty {
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2 else {
                    throw CommandError("“\(text)” is no variable", remedy: "write it as NAME=VALUE", isUsage: true)
                }
                rules.variables[String(parts[0])] = String(parts[1])
            }
        }
        if let approvals { rules.approvals = approvals }
        set(\.approvers, approver)
        if !freeze.isEmpty { rules.freezes = try freeze.filter { !$0.isEmpty }.map(Self.window) }
        if let pool { rules.pool = pool.isEmpty || pool == WorkerScope.usualPool ? nil : pool }
        if let url { rules.url = url.isEmpty ? nil : url }
        return rules
    }
}

extension Event {
    /// The events that were given as options; an empty text is none.
    static func all(named texts: [String]) throws -> [Event] {
        try texts.filter { !$0.isEmpty }.map { text in
            guard let event = Event(rawValue: text) else {
                throw CommandError(
                    "“\(text)” is no event",
                    remedy: "give one of \(Event.allCases.map(\.rawValue).joined(separator: ", "))", isUsage: true)
            }
            return event
        }
    }
}

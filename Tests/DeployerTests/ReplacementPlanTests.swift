import DockerEngine
import Testing

@testable import Deployer

/// The replacement of a container on a host that is only imagined: interrupted at any point, gone on with by the same
/// rollout or a newer one.
@Suite struct ReplacementPlanTests {
    private typealias Found = ReplacementPlan.Found
    private typealias Step = ReplacementPlan.Step

    /// A Docker host with the containers of one service.
    private struct Host {
        var containers: [Found] = []
        /// Rollouts whose containers do not work.
        var broken: Set<String> = []
        private var made = 0
        private var starts = 0

        func container(_ id: String) -> Found? { containers.first { $0.id == id } }
        func at(_ place: ServiceNames.Place) -> Found? { containers.first { $0.place == place } }

        /// The one in service, if it runs: the one that answers to the service's name.
        var serving: [Found] {
            containers.filter { [.current, .ready, .leaving].contains($0.place) && $0.isRunning }
        }

        /// How often the only one that served was renamed: the engine's DNS does not know it for a moment.
        var gaps = 0

        /// As the engine starts it, again or for the first time.
        mutating func start(_ id: String) {
            starts += 1
            change(id) { [starts] in ($0.isRunning, $0.start) = (true, "\(starts)") }
        }

        mutating func stop(_ id: String) { change(id) { ($0.isRunning, $0.start) = (false, nil) } }

        mutating func change(_ id: String, _ body: (inout Found) -> Void) {
            for index in containers.indices where containers[index].id == id { body(&containers[index]) }
        }

        /// Does a step as the engine would.
        mutating func perform(_ step: Step, for wanted: ReplacementPlan.Wanted) throws -> ReplacementPlan.Event? {
            switch step {
            case .create(let stopping):
                try #require(at(.next) == nil)
                made += 1
                let id = "c\(made)"
                containers.append(
                    Found(
                        id: id, place: .next, sequence: wanted.sequence, job: wanted.job, isRunning: false,
                        fingerprint: wanted.fingerprint, resources: wanted.resources, stops: stopping,
                        aliases: at(.current).map { $0.networks.contains("front") ? ["front": ["web"]] : [:] } ?? [:]))
                return .created(id)
            case .start(let id):
                let new = try #require(container(id))
                let running = containers.filter(\.isRunning)
                try #require(
                    running.allSatisfy { $0.resources.isDisjoint(with: new.resources) },
                    "two containers with the same port or files")
                start(id)
                return .started(id)
            case .startOld(let id): start(id)
            case .stop(let id), .end(let id), .letGo(let id): stop(id)
            case .drain(let id, _):
                change(id) { $0.answers = [:] }
                return .drained(id)
            case .join(let id, let aliases):
                change(id) { container in
                    container.networks.formUnion(aliases.keys)
                    container.answers.merge(aliases) { $1 }
                }
                return .joined(id)
            case .rejoin(let id, let aliases): change(id) { $0.answers.merge(aliases.mapValues(Set.init)) { $1 } }
            case .check(let id), .confirm(let id):
                return broken.contains(container(id)?.job ?? "") ? .ill(id) : .well(id)
            case .rename(let id, let place):
                try #require(at(place) == nil, "the name is taken")
                if serving.map(\.id) == [id], container(id)?.job != nil { gaps += 1 }
                change(id) { $0.place = place }
            case .remove(let id), .discard(let id): containers.removeAll { $0.id == id }
            case .done, .refuse, .gaveUp: break
            }
            return nil
        }
    }

    private enum End: Equatable {
        case done(unchanged: Bool)
        case refused(ReplacementPlan.Refusal)
        case failed(restored: Bool)
        /// Killed after so many steps.
        case killed
    }

    private func wanted(
        _ job: String, _ sequence: Int64, resources: Set<ReplacementPlan.Resource> = [], fingerprint: String? = nil,
        order: ReplacementPlan.Order? = nil
    ) -> ReplacementPlan.Wanted {
        .init(
            job: job, sequence: sequence, fingerprint: fingerprint ?? "of \(job)", resources: resources, order: order)
    }

    /// Does a rollout as the executor does it.
    /// - Parameters:
    ///   - steps: After so many it is killed.
    ///   - each: Looks at the host after each step.
    @discardableResult
    private func run(
        _ wanted: ReplacementPlan.Wanted, on host: inout Host, killedAfter steps: Int = .max,
        each: (Host) throws -> Void = { _ in }
    ) throws -> End {
        var plan = ReplacementPlan(service: "web", wanted: wanted)
        var refusal: ReplacementPlan.Refusal?
        for count in 0..<100 {
            if count == steps { return .killed }
            let step = plan.next(host.containers)
            let event = try host.perform(step, for: wanted)
            try each(host)
            switch step {
            case .done(_, let isUnchanged): return .done(unchanged: isUnchanged)
            case .refuse(let reason):
                refusal = reason
                plan.giveUp()
            case .gaveUp(let restored): return refusal.map { .refused($0) } ?? .failed(restored: restored)
            default: break
            }
            guard let event else { continue }
            // A container of this rollout that is not well ends it; one that was there before is replaced.
            if case .ill = event, case .check = step { plan.giveUp() } else { plan.took(event) }
        }
        Issue.record("it never ends")
        return .killed
    }

    private static let shared: Set<ReplacementPlan.Resource> = [.port("8080/tcp")]

    @Test func theFirstOne() throws {
        var host = Host()
        #expect(try run(wanted("j1", 1), on: &host) == .done(unchanged: false))
        #expect(host.containers.map(\.job) == ["j1"])
        #expect(host.serving.count == 1)
    }

    @Test("the service's name is never without a container that works", arguments: [false, true])
    func alwaysServed(isBroken: Bool) throws {
        var host = Host()
        try run(wanted("j1", 1), on: &host)
        host.gaps = 0
        if isBroken { host.broken = ["j2"] }
        let end = try run(wanted("j2", 2), on: &host) { host in
            #expect(!host.serving.isEmpty)
            #expect(!host.serving.contains { host.broken.contains($0.job ?? "") })
        }
        #expect(end == (isBroken ? .failed(restored: true) : .done(unchanged: false)))
        #expect(host.containers.map(\.job) == [isBroken ? "j1" : "j2"])
        #expect(host.gaps == 0)
    }

    @Test("where both need the same port the old one stops first, and comes back", arguments: [false, true])
    func stopsFirst(isBroken: Bool) throws {
        var host = Host()
        try run(wanted("j1", 1, resources: Self.shared), on: &host)
        if isBroken { host.broken = ["j2"] }
        let end = try run(wanted("j2", 2, resources: Self.shared), on: &host)
        #expect(end == (isBroken ? .failed(restored: true) : .done(unchanged: false)))
        #expect(host.containers.map(\.job) == [isBroken ? "j1" : "j2"])
        #expect(host.serving.count == 1)
    }

    @Test(
        "the old one stops first for a port or for files, and as requested where that is possible",
        arguments: [
            (nil, [], false), (nil, [.port("80/tcp")], true), (nil, [.files("data")], true),
            (nil, [.hostNetwork], true),
            (.startFirst, [.files("data")], false), (.startFirst, [.port("80/tcp")], true), (.stopFirst, [], true),
        ] as [(ReplacementPlan.Order?, Set<ReplacementPlan.Resource>, Bool)])
    func order(_ order: ReplacementPlan.Order?, _ resources: Set<ReplacementPlan.Resource>, _ stops: Bool) {
        var plan = ReplacementPlan(service: "web", wanted: wanted("j2", 2, resources: resources, order: order))
        let old = Found(
            id: "old", place: .current, job: "j1", isRunning: true, start: "1", resources: resources)
        #expect(plan.next([old]) == .create(stopping: stops ? "old" : nil))
    }

    @Test("beside the old one, the new one has its aliases once it is well and before it is in service")
    func joinsOnceItIsWell() throws {
        var host = Host()
        try run(wanted("j1", 1), on: &host)
        var wanted = wanted("j2", 2)
        wanted.aliases = ["front": ["shop"]]
        host.containers[0].networks = ["front"]
        var joined: ServiceNames.Place?
        let end = try run(wanted, on: &host) { host in
            guard joined == nil, let new = host.containers.first(where: { !$0.answers.isEmpty }) else { return }
            joined = new.place
            #expect(host.at(.current)?.isRunning == true && host.at(.current)?.job == "j1")
        }
        #expect(end == .done(unchanged: false))
        #expect(joined == .next)
        // One that is not well never has them.
        host.broken = ["j3"]
        (wanted.job, wanted.sequence, wanted.fingerprint) = ("j3", 3, "of j3")
        let failed = try run(wanted, on: &host) { host in
            #expect(!host.containers.contains { $0.job == "j3" && !$0.answers.isEmpty })
        }
        #expect(failed == .failed(restored: true))
    }

    @Test("one that was left between two networks is made anew")
    func leftBetweenNetworks() {
        var wanted = wanted("j2", 2)
        wanted.aliases = ["front": ["shop"]]
        var plan = ReplacementPlan(service: "web", wanted: wanted)
        let old = Found(id: "old", place: .current, job: "j1", isRunning: true, start: "1", networks: ["front"])
        var next = Found(id: "new", place: .next, job: "j2", isRunning: true, start: "2", networks: [])
        #expect(plan.next([old, next]) == .discard("new"))
        next.networks = ["front"]
        #expect(plan.next([old, next]) == .check("new"))
    }

    @Test(
        "files are shared by the folder around them as well",
        arguments: [
            ("/srv/data", "/srv/data", true), ("/srv", "/srv/data", true), ("/srv/data", "/srv", true),
            ("/", "/srv", true), ("/srv/data", "/srv/database", false), ("data", "database", false),
        ])
    func folders(_ own: String, _ other: String, _ stops: Bool) {
        var plan = ReplacementPlan(service: "web", wanted: wanted("j2", 2, resources: [.files(own)]))
        let old = Found(
            id: "old", place: .current, job: "j1", isRunning: true, start: "1", resources: [.files(other)])
        #expect(plan.next([old]) == .create(stopping: stops ? "old" : nil))
    }

    @Test("a folder of the host is the same one however it is written")
    func cleanFolders() {
        var specification = ContainerSpecification(image: "web")
        specification.mounts = [.bind(source: "/srv/./data/", path: "/data", readOnly: false)]
        #expect(ServiceResources.wanted(by: specification) == [.files("/srv/data")])
    }

    @Test("one that is gone as soon as it stops is not stopped for one that may not be well", arguments: [false, true])
    func removesItself(sharesPort: Bool) throws {
        var host = Host()
        let resources = sharesPort ? Self.shared : []
        host.containers = [
            Found(
                id: "theirs", place: .current, isRunning: true, start: "0", resources: resources, removesItself: true)
        ]
        let end = try run(wanted("j1", 1, resources: resources), on: &host)
        #expect(end == (sharesPort ? .refused(.wouldBeGone("theirs")) : .done(unchanged: false)))
        #expect(host.containers.map(\.id) == [sharesPort ? "theirs" : "c1"])
        #expect(host.serving.count == 1)
    }

    /// All ways of being killed: after any step, and again after any step of the one that goes on.
    @Test(
        "killed at any point, the same rollout or a newer one goes on to a good end",
        arguments: [false, true], [false, true])
    func killed(sharesPort: Bool, isBroken: Bool) throws {
        let resources = sharesPort ? Self.shared : []
        for (first, second) in (0..<12).flatMap({ first in (0..<12).map { (first, $0) } }) {
            for (job, sequence) in [("j2", Int64(2)), ("j3", 3)] {
                var host = Host()
                try run(wanted("j1", 1, resources: resources), on: &host)
                host.broken = isBroken ? ["j2"] : []
                // The old one, or one that was found to be well, is there at any time.
                let keeps: (Host) throws -> Void = { host in
                    #expect(
                        host.containers.contains {
                            $0.job == "j1" || !host.broken.contains($0.job ?? "") && $0.place != .next
                        },
                        "\(host.containers)")
                    if !sharesPort { #expect(!host.serving.isEmpty) }
                }
                try run(wanted("j2", 2, resources: resources), on: &host, killedAfter: first, each: keeps)
                try run(wanted(job, sequence, resources: resources), on: &host, killedAfter: second, each: keeps)
                let end = try run(wanted(job, sequence, resources: resources), on: &host, each: keeps)
                let fails = host.broken.contains(job)
                #expect(end == (fails ? .failed(restored: true) : .done(unchanged: false)), "\(first) \(second) \(job)")
                #expect(host.containers.map(\.job) == [fails ? "j1" : job], "\(first) \(second) \(host.containers)")
                #expect(host.serving.count == 1)
            }
        }
    }

    // MARK: - Interrupted

    /// Does some steps of a rollout.
    private func begin(_ wanted: ReplacementPlan.Wanted, on host: inout Host, steps: Int) throws -> ReplacementPlan {
        var plan = ReplacementPlan(service: "web", wanted: wanted)
        for _ in 0..<steps {
            let step = plan.next(host.containers)
            if case .done = step { break }
            if let event = try host.perform(step, for: wanted) { plan.took(event) }
        }
        return plan
    }

    /// Does the rest of one that was interrupted, as the executor does it.
    @discardableResult
    private func interrupt(
        _ begun: ReplacementPlan, on host: inout Host, killedAfter steps: Int = .max,
        each: (Host) throws -> Void = { _ in }
    ) throws -> End {
        var plan = begun
        plan.giveUp(isInterrupted: true)
        for count in 0..<100 {
            if count == steps { return .killed }
            let step = plan.next(host.containers)
            if case .done(_, let isUnchanged) = step { return .done(unchanged: isUnchanged) }
            if case .gaveUp(let restored) = step { return .failed(restored: restored) }
            if let event = try host.perform(step, for: plan.wanted) { plan.took(event) }
            try each(host)
        }
        Issue.record("it never ends")
        return .killed
    }

    /// Cancelled after each step; then also killed after each step of the way back, or of the rollout itself, and put in
    /// order by whoever starts next.
    @Test("a cancelled rollout leaves the old one while that runs, the new one after that, and never both or neither")
    func cancelled() throws {
        for (sharesPort, steps, killed) in (0..<12).flatMap({ steps in
            (0..<10).flatMap { [(false, steps, $0), (true, steps, $0)] }
        }) {
            var host = Host()
            let resources = sharesPort ? Self.shared : []
            try run(wanted("j1", 1, resources: resources), on: &host)
            host.gaps = 0
            let mine = wanted("j2", 2, resources: resources)
            let plan = try begin(mine, on: &host, steps: steps)
            let old = host.containers.first { $0.job == "j1" }
            let isPast = host.containers.contains { $0.job == "j2" && [.ready, .current].contains($0.place) }
            let isKept = old.map { $0.isRunning || !isPast } ?? false
            let serves: (Host) throws -> Void = { host in if !sharesPort { #expect(!host.serving.isEmpty) } }
            try interrupt(plan, on: &host, killedAfter: killed, each: serves)
            // Nobody knows what the killed one knew.
            let end = try interrupt(ReplacementPlan(service: "web", wanted: mine), on: &host, each: serves)
            let words: Comment = "\(sharesPort) \(steps) \(killed) \(host.containers)"
            if !sharesPort { #expect(host.gaps == 0, words) }
            #expect(host.containers.map(\.job) == [isKept ? "j1" : "j2"], words)
            #expect(host.serving.count == 1 && host.at(.current) != nil, words)
            #expect(end == (isKept ? .failed(restored: true) : .done(unchanged: false)), words)
        }
    }

    @Test("one that was well and ends, or is started again, before the old one is removed, is not deployed")
    func endsWhileItDrains() throws {
        for (sharesPort, again, steps) in (3..<12).flatMap({ steps in
            [(false, false, steps), (false, true, steps), (true, false, steps), (true, true, steps)]
        }) {
            var host = Host()
            let resources = sharesPort ? Self.shared : []
            try run(wanted("j1", 1, resources: resources), on: &host)
            var plan = try begin(wanted("j2", 2, resources: resources), on: &host, steps: steps)
            // Seen well.
            _ = plan.next(host.containers)
            guard let new = host.containers.first(where: { $0.job == "j2" }), new.place != .next,
                host.containers.count == 2
            else { continue }
            if again { host.start(new.id) } else { host.stop(new.id) }
            #expect(plan.next(host.containers) == .refuse(.ended(new.id)), "\(steps)")
            plan.giveUp()
            while true {
                let step = plan.next(host.containers)
                if case .gaveUp(let restored) = step {
                    #expect(restored)
                    break
                }
                if let event = try host.perform(step, for: plan.wanted) { plan.took(event) }
            }
            #expect(host.containers.map(\.job) == ["j1"], "\(steps) \(host.containers)")
            #expect(host.serving.count == 1)
        }
    }

    @Test("one that died while its deployer was away does not take the old one with it", arguments: [false, true])
    func diedWhileNobodyLooked(isOwn: Bool) throws {
        var host = Host()
        try run(wanted("j1", 1), on: &host)
        _ = try begin(wanted("j2", 2), on: &host, steps: 7)
        let new = try #require(host.at(.current))
        try #require(new.job == "j2" && host.at(.previous)?.isRunning == true)
        host.stop(new.id)
        host.broken = ["j2", "j3"]
        let end = try run(wanted(isOwn ? "j2" : "j3", isOwn ? 2 : 3), on: &host) { #expect(!$0.containers.isEmpty) }
        #expect(end == .failed(restored: true))
        #expect(host.containers.map(\.job) == ["j1"])
        #expect(host.serving.count == 1)
    }

    @Test("the aliases that were taken from an old one come back with its name")
    func aliases() throws {
        for steps in 0..<9 {
            var host = Host()
            host.containers = [
                Found(
                    id: "theirs", place: .current, isRunning: true, start: "0", networks: ["front"],
                    answers: ["front": ["web"]])
            ]
            let plan = try begin(wanted("j1", 1), on: &host, steps: steps)
            guard host.container("theirs")?.isRunning == true else { continue }
            let isNew = host.at(.current)?.id != "theirs"
            try interrupt(plan, on: &host) { host in
                guard isNew, let current = host.at(.current), current.id == "theirs" else { return }
                #expect(current.answers == ["front": ["web"]])
            }
            #expect(host.containers.map(\.id) == ["theirs"], "\(steps)")
            #expect(host.containers.map(\.answers) == [["front": ["web"]]], "\(steps)")
        }
    }

    @Test("killed while it puts the old one back")
    func killedOnTheWayBack() throws {
        for steps in 0..<16 {
            var host = Host()
            try run(wanted("j1", 1, resources: Self.shared), on: &host)
            host.broken = ["j2"]
            try run(wanted("j2", 2, resources: Self.shared), on: &host, killedAfter: steps)
            #expect(try run(wanted("j3", 3, resources: Self.shared), on: &host) == .done(unchanged: false))
            #expect(host.containers.map(\.job) == ["j3"])
        }
    }

    @Test("just as wanted and well: nothing is restarted")
    func unchanged() throws {
        var host = Host()
        try run(wanted("j1", 1, fingerprint: "same"), on: &host)
        let before = host.containers
        #expect(try run(wanted("j2", 2, fingerprint: "same"), on: &host) == .done(unchanged: true))
        #expect(host.containers == before)
        // As wanted and not well is no reason to leave it.
        host.broken = ["j1"]
        #expect(try run(wanted("j3", 3, fingerprint: "same"), on: &host) == .done(unchanged: false))
        #expect(host.containers.map(\.job) == ["j3"])
    }

    @Test("never over a newer one, whether that made a container or not")
    func fence() throws {
        var host = Host()
        try run(wanted("j3", 3), on: &host)
        #expect(try run(wanted("j2", 2), on: &host) == .refused(.newer(3)))
        #expect(host.containers.map(\.job) == ["j3"])
        var plan = ReplacementPlan(service: "web", wanted: wanted("j4", 4))
        #expect(plan.next(host.containers, newest: 5) == .refuse(.newer(5)))
    }

    @Test("a newer one takes over from one that is stuck, which leaves the rest to it")
    func takeover() throws {
        var host = Host()
        try run(wanted("j1", 1, resources: Self.shared), on: &host)
        var stuck = ReplacementPlan(service: "web", wanted: wanted("j2", 2, resources: Self.shared))
        // Created, the old one stopped, started: now it waits until it is well.
        for _ in 0..<3 {
            if let event = try host.perform(stuck.next(host.containers), for: stuck.wanted) { stuck.took(event) }
        }
        #expect(try run(wanted("j3", 3, resources: Self.shared), on: &host) == .done(unchanged: false))
        #expect(stuck.next(host.containers) == .refuse(.newer(3)))
        stuck.giveUp()
        #expect(stuck.next(host.containers) == .gaveUp(restored: true))
        #expect(host.containers.map(\.job) == ["j3"])
    }

    @Test("another hand in the service's place, or at the new container, ends it")
    func anotherHand() throws {
        for removes in [false, true] {
            var host = Host()
            try run(wanted("j1", 1), on: &host)
            var plan = ReplacementPlan(service: "web", wanted: wanted("j2", 2))
            for _ in 0..<2 {
                if let event = try host.perform(plan.next(host.containers), for: plan.wanted) { plan.took(event) }
            }
            host.containers.removeAll { $0.place == (removes ? .next : .current) }
            if !removes { host.containers.append(Found(id: "theirs", place: .current, isRunning: true, start: "0")) }
            #expect(plan.next(host.containers) == .refuse(removes ? .removed : .replaced(by: "theirs")))
            plan.giveUp()
            while true {
                let step = plan.next(host.containers)
                if case .gaveUp = step { break }
                _ = try host.perform(step, for: plan.wanted)
            }
            #expect(host.containers.map(\.id) == [removes ? "c1" : "theirs"])
        }
    }

    @Test(
        "what another hand put there while the deployer was away is left alone",
        arguments: [nil, .next, .ready] as [ServiceNames.Place?])
    func anotherHandWhileNobodyLooked(own: ServiceNames.Place?) throws {
        var host = Host()
        host.containers = [Found(id: "repair", place: .current, isRunning: true, start: "0", networks: ["front"])]
        if let own {
            host.containers.append(
                Found(
                    id: "c1", place: own, sequence: 2, job: "j2", isRunning: true, start: "1", stops: "theirs",
                    aliases: ["front": ["web"]]))
        }
        var wanted = wanted("j2", 2, resources: Self.shared)
        wanted.known = ["theirs"]
        let repair = host.containers[0]
        #expect(try run(wanted, on: &host) == .refused(.replaced(by: "repair")))
        #expect(host.containers == [repair])
        // A newer one knows it.
        #expect(try run(self.wanted("j3", 3), on: &host) == .done(unchanged: false))
    }

    @Test("one that was stopped by somebody stays so when the new one fails")
    func stoppedBefore() throws {
        var host = Host()
        try run(wanted("j1", 1, resources: Self.shared), on: &host)
        host.stop(host.containers[0].id)
        host.broken = ["j2"]
        #expect(try run(wanted("j2", 2, resources: Self.shared), on: &host) == .failed(restored: true))
        #expect(host.containers.map(\.isRunning) == [false])
    }

    @Test("one that nobody manages yet gives way as any other")
    func adopted() throws {
        var host = Host()
        host.containers = [
            Found(id: "theirs", place: .current, isRunning: true, start: "0", resources: Self.shared)
        ]
        #expect(try run(wanted("j1", 1, resources: Self.shared), on: &host) == .done(unchanged: false))
        #expect(host.containers.map(\.job) == ["j1"])
    }

    @Test func names() {
        #expect(ServiceNames("web").ready == ["Web", "web-ready"])
        #expect(ServiceNames("2-Web").ready == ["2-web", "2-Web-ready"])
        #expect(ServiceNames("42").ready == ["42-ready"])
        #expect(ServiceNames("web").names(of: .previous) == ["web-previous", "web-old"])
        let all = ServiceNames("web").all.map(\.name)
        #expect(Set(all).count == all.count)
        #expect(ServiceNames("42").all.map(\.place).allSatisfy { $0 != .leaving })
        #expect(["web", "2-Web", "42", "w1"].map { ServiceNames($0).leaving } == ["wEb", "2-WEb", nil, nil])
    }
}

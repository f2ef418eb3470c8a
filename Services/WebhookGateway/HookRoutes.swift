import Contracts
import Logging
import Measures
import Messaging
import Metrics
import NIOHTTP1
import WebServer

/// `POST /hooks/<forge>`: verifies, makes durable, answers.
final class HookRoutes: Sendable {
    let bodies: BodyLimit
    private let routes: [String: HookRoute]
    private let marks: HookMarks
    private let intake: Intake
    private let inquiries: HookInquiries
    private let proxies: TrustedProxies
    private let logger: Logger

    init(
        forges: [any ForgeHooks], intake: Intake, inquiries: HookInquiries, bodies: BodyLimit,
        proxies: TrustedProxies = .none, logger: Logger
    ) {
        self.bodies = bodies
        self.proxies = proxies
        self.intake = intake
        self.inquiries = inquiries
        self.logger = logger
        marks = HookMarks(forges)
        routes = Dictionary(
            forges.map { ($0.forge.hookPath, HookRoute(hooks: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Where a request goes.
    /// - Throws: ``HookRefusal``: 404 or 405, and 400 for the hook of a forge that has another address, or none.
    func route(_ request: HTTPRequestHead) throws(HookRefusal) -> HookRoute {
        let found = routes[request.uri] ?? routes[Self.path(of: request.uri)]
        if request.method == .POST {
            var sender = marks.sender(of: request.headers)
            if sender == nil, found == nil { sender = marks.addressed(by: Self.path(of: request.uri)) }
            if let sender, sender.forge != found?.forge.name { throw misdirected(sender, Self.path(of: request.uri)) }
        }
        guard let found else {
            throw HookRefusal(
                .notFound, "not_found", "“\(Self.path(of: request.uri).prefix(200))” is no address of a hook",
                remedy: "post to \(addresses)")
        }
        guard request.method == .POST else {
            var refusal = HookRefusal(
                .methodNotAllowed, "method_not_allowed", "\(request.method.rawValue.prefix(40)) does nothing here",
                remedy: "post the hook")
            refusal.allow = "POST"
            throw refusal
        }
        return found
    }

    private var addresses: String { routes.keys.sorted().joined(separator: " or ") }

    /// The path of a request's target, which is a path and its query, or as proxies get it a whole address.
    private static func path(of target: String) -> String {
        var rest = target[...]
        if !rest.hasPrefix("/"), let scheme = rest.firstRange(of: "://"),
            ["http", "https"].contains(rest[..<scheme.lowerBound].lowercased())
        {
            rest = rest[scheme.upperBound...].drop { $0 != "/" && $0 != "?" }
            if !rest.hasPrefix("/") { rest = "/" }
        }
        return String(rest.prefix { $0 != "?" && $0 != "#" })
    }

    private func misdirected(_ sender: HookMark, _ path: String) -> HookRefusal {
        guard let right = routes.values.first(where: { $0.forge.name == sender.forge }) else {
            return HookRefusal(
                .badRequest, "unserved_forge",
                "this looks like a hook of \(sender.product), whose hooks are not taken yet",
                remedy: "hooks that are taken go to \(addresses)")
        }
        return HookRefusal(
            .badRequest, "wrong_address",
            "this looks like a hook of \(sender.product), which “\(path.prefix(200))” does not take",
            remedy: "enter \(right.forge.hookPath) as its address")
    }

    private func foreign(_ hook: IncomingHook, on route: HookRoute) -> HookRefusal {
        if let sender = marks.sender(of: hook.body), sender.forge != route.forge.name {
            return misdirected(sender, route.forge.hookPath)
        }
        return HookRefusal(
            .badRequest, "unknown_hook", "this is no hook of a forge that is known here",
            remedy: "have the forge send it, with what `slipway repo hook` shows for the repository")
    }

    /// Whom a connection's place is counted for: its other end, where that is no proxy.
    func source(of peer: IPAddress?) -> IPAddress? {
        peer.flatMap { proxies.contains($0) ? nil : $0 }
    }

    /// Who sends it, as far as the proxies that are trusted tell.
    func client(_ peer: IPAddress?, _ headers: HTTPHeaders) -> Client {
        proxies.client(peer: peer) { headers[$0] }
    }

    /// Does what a hook asks for and tells `done`, at once or later and on whatever thread, what to answer.
    func take(_ hook: IncomingHook, on route: HookRoute, then done: @escaping @Sendable (HookAnswer) -> Void) {
        let reading: HookReading
        do throws(HookRefusal) {
            reading = try route.hooks.read(hook, now: .now)
        } catch {
            return done(refused(error, on: route, from: hook.client))
        }
        switch consume reading {
        case .ignored(let reason): done(ignored(reason, on: route, from: hook.client))
        case .foreign: done(refused(foreign(hook, on: route), on: route, from: hook.client))
        case .claim(let claim):
            do throws(HookRefusal) {
                act(on: try claim.verdict(), route, from: hook.client, then: done)
            } catch {
                guard error.isWrongSecret, inquiries.admit() else {
                    return done(refused(error, on: route, from: hook.client))
                }
                let (client, bytes) = (hook.client, hook.body.count)
                Task { await inquire(claim, bytes: bytes, error, on: route, from: client, then: done) }
            }
        }
    }

    private func act(
        on verdict: consuming HookVerdict, _ route: HookRoute, from client: Client,
        then done: @escaping @Sendable (HookAnswer) -> Void
    ) {
        switch consume verdict {
        case .ignored(let reason): done(ignored(reason, on: route, from: client))
        case .push(let push):
            // What is told later keeps no more of the push than it needs: it is copied with every step.
            let (id, repository, ref) = (push.trigger.id, push.trigger.repository, push.trigger.ref)
            intake.take(push) { [self] result in
                switch result {
                case .success(let durability):
                    accepted(id, repository, ref, durability, on: route, from: client)
                    done(.accepted(id))
                case .failure(let refusal):
                    route.failed.increment()
                    done(HookAnswer(refusal))
                }
            }
        }
    }

    /// A hook with another repository's secret: its push makes the repository known, where that is not registered.
    private func inquire(
        _ claim: HookClaim, bytes: Int, _ refusal: HookRefusal, on route: HookRoute, from client: Client,
        then done: @escaping @Sendable (HookAnswer) -> Void
    ) async {
        do {
            guard let sender = try await inquiries.sender(of: claim, bytes: bytes) else {
                return done(refused(refusal, on: route, from: client))
            }
            // Also where it is no push: what it means else would tell the sender that its secret is right.
            let reason =
                "\(claim.subject) is not registered, so its hooks start nothing: \(claim.addCommand) registers it"
            guard case .push(var push) = try claim.meaning() else {
                return done(ignored(reason, on: route, from: client))
            }
            push.secretOf = sender
            intake.take(push) { [self] result in
                switch result {
                case .success: done(ignored(reason, on: route, from: client))
                case .failure(let refusal):
                    route.failed.increment()
                    done(HookAnswer(refusal))
                }
            }
        } catch let error as HookRefusal {
            done(refused(error, on: route, from: client))
        } catch {
            logger.notice("whose secret a hook has cannot be found out", metadata: ["error": "\(error)"])
            done(refused(refusal, on: route, from: client))
        }
    }

    private func ignored(_ reason: String, on route: HookRoute, from client: Client) -> HookAnswer {
        route.ignored.increment()
        logger.info(
            "hook ignored",
            metadata: ["forge": "\(route.forge.name)", "reason": "\(reason)", "client": "\(client)"])
        return .ignored(reason)
    }

    /// What the sender of a hook is told that is not taken.
    func refused(_ refusal: HookRefusal, on route: HookRoute?, from client: Client) -> HookAnswer {
        route?.refused.increment()
        logger.notice(
            "hook refused",
            metadata: [
                "forge": "\(route?.forge.name ?? "")", "status": "\(refusal.status.code)",
                "code": "\(refusal.problem.code)", "reason": "\(refusal.problem.message)", "client": "\(client)",
            ])
        return HookAnswer(refusal)
    }

    private func accepted(
        _ id: MessageID, _ repository: RepositoryPath, _ ref: String, _ durability: Intake.Durability,
        on route: HookRoute, from client: Client
    ) {
        route.accepted.increment()
        logger.debug(
            "push accepted",
            metadata: [
                "repository": "\(repository)", "ref": "\(ref)", "message": "\(id)", "kept": "\(durability)",
                "client": "\(client)",
            ])
    }
}

/// One forge's address, and what became of its hooks: counters made once, for looking one up costs more than counting.
final class HookRoute: Sendable {
    let hooks: any ForgeHooks
    var forge: Forge { hooks.forge }
    let accepted: Counter
    let ignored: Counter
    let refused: Counter
    let failed: Counter

    init(hooks: any ForgeHooks) {
        self.hooks = hooks
        func counter(_ outcome: String) -> Counter {
            Measure.hooks.counter(hooks.forge.name, outcome)
        }
        accepted = counter("accepted")
        ignored = counter("ignored")
        refused = counter("refused")
        failed = counter("failed")
    }
}

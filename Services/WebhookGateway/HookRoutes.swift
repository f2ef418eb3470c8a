import Contracts
import Logging
import Messaging
import Metrics
import NIOHTTP1

/// `POST /hooks/<forge>`: verifies, makes durable, answers.
final class HookRoutes: Sendable {
    let bodies: BodyLimit
    private let routes: [String: HookRoute]
    private let intake: Intake
    private let logger: Logger

    init(forges: [any Forge], intake: Intake, bodies: BodyLimit, logger: Logger) {
        self.bodies = bodies
        self.intake = intake
        self.logger = logger
        routes = Dictionary(
            forges.map { ("/hooks/\($0.name)", HookRoute(forge: $0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Where a request goes.
    /// - Throws: ``HookRefusal``: 404 or 405.
    func route(_ request: HTTPRequestHead) throws(HookRefusal) -> HookRoute {
        if request.method == .POST, let route = routes[request.uri] { return route }
        let path = String(request.uri.prefix { $0 != "?" })
        guard let route = routes[path] else {
            throw HookRefusal(
                .notFound, "not_found", "“\(path.prefix(200))” is no address of a hook",
                remedy: "post to \(routes.keys.sorted().joined(separator: " or "))")
        }
        guard request.method == .POST else {
            var refusal = HookRefusal(
                .methodNotAllowed, "method_not_allowed", "\(request.method.rawValue.prefix(40)) does nothing here",
                remedy: "post the hook")
            refusal.allow = "POST"
            throw refusal
        }
        return route
    }

    /// Does what a hook asks for and tells `done`, at once or later and on whatever thread, what to answer.
    func take(_ hook: IncomingHook, on route: HookRoute, then done: @escaping @Sendable (HookAnswer) -> Void) {
        do {
            let verdict = try route.forge.read(hook, now: .now)
            switch consume verdict {
            case .ignored(let reason):
                route.ignored.increment()
                logger.info("hook ignored", metadata: ["forge": "\(route.forge.name)", "reason": "\(reason)"])
                done(.ignored(reason))
            case .push(let push):
                // What is told later keeps no more of the push than it needs: it is copied with every step.
                let (id, repository, ref) = (push.trigger.id, push.trigger.repository, push.trigger.ref)
                intake.take(push) { [self] result in
                    switch result {
                    case .success(let durability):
                        accepted(id, repository, ref, durability, on: route)
                        done(.accepted(id))
                    case .failure(let refusal):
                        route.failed.increment()
                        done(HookAnswer(refusal))
                    }
                }
            }
        } catch {
            done(refused(error, on: route))
        }
    }

    /// What the sender of a hook is told that is not taken.
    func refused(_ refusal: HookRefusal, on route: HookRoute?) -> HookAnswer {
        route?.refused.increment()
        logger.notice(
            "hook refused",
            metadata: [
                "forge": "\(route?.forge.name ?? "")", "status": "\(refusal.status.code)",
                "code": "\(refusal.problem.code)", "reason": "\(refusal.problem.message)",
            ])
        return HookAnswer(refusal)
    }

    private func accepted(
        _ id: MessageID, _ repository: RepositoryPath, _ ref: String, _ durability: Intake.Durability,
        on route: HookRoute
    ) {
        route.accepted.increment()
        logger.debug(
            "push accepted",
            metadata: [
                "repository": "\(repository)", "ref": "\(ref)", "message": "\(id)", "kept": "\(durability)",
            ])
    }
}

/// One forge's address, and what became of its hooks: counters made once, for looking one up costs more than counting.
final class HookRoute: Sendable {
    let forge: any Forge
    let accepted: Counter
    let ignored: Counter
    let refused: Counter
    let failed: Counter

    init(forge: any Forge) {
        self.forge = forge
        func counter(_ outcome: String) -> Counter {
            Counter(label: "slipway_hooks_total", dimensions: [("forge", forge.name), ("outcome", outcome)])
        }
        accepted = counter("accepted")
        ignored = counter("ignored")
        refused = counter("refused")
        failed = counter("failed")
    }
}

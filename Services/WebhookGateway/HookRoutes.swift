import Contracts
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Messaging
import Metrics
import NIOCore

/// `POST /hooks/<forge>`: reads, verifies, makes durable, answers.
struct HookRoutes: Sendable {
    let forges: [any Forge]
    let intake: Intake
    let bodies: BodyLimit
    let logger: Logger

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        for forge in forges {
            let counters = HookCounters(forge: forge.name)
            router.post("hooks/\(forge.name)") { request, _ in
                await respond(to: request, from: forge, counters)
            }
        }
        return router
    }

    private func respond(to request: Request, from forge: any Forge, _ counters: HookCounters) async -> Response {
        do {
            let hook = IncomingHook(headers: request.headers, body: try await bodies.collect(request))
            switch try forge.read(hook, now: .now) {
            case .push(let push):
                let durability = try await intake.take(push)
                counters.accepted.increment()
                logger.debug(
                    "push accepted",
                    metadata: [
                        "repository": "\(push.trigger.repository)", "ref": "\(push.trigger.ref)",
                        "message": "\(push.trigger.id)", "kept": "\(durability)",
                    ])
                return HookAnswer.accepted(push.trigger.id).response
            case .ignored(let reason):
                counters.ignored.increment()
                logger.info("hook ignored", metadata: ["forge": "\(forge.name)", "reason": "\(reason)"])
                return HookAnswer.ignored(reason).response
            }
        } catch let refusal as HookRefusal {
            counters.refused.increment()
            logger.notice(
                "hook refused",
                metadata: [
                    "forge": "\(forge.name)", "status": "\(refusal.status.code)", "code": "\(refusal.problem.code)",
                    "reason": "\(refusal.problem.message)",
                ])
            return refusal.response
        } catch {
            counters.failed.increment()
            logger.error("hook could not be kept", metadata: ["forge": "\(forge.name)", "error": "\(error)"])
            return HookRefusal.unavailable.response
        }
    }
}

/// What became of the hooks of one forge, made once: looking a counter up costs more than counting.
struct HookCounters: Sendable {
    let accepted: Counter
    let ignored: Counter
    let refused: Counter
    let failed: Counter

    init(forge: String) {
        func counter(_ outcome: String) -> Counter {
            Counter(label: "slipway_hooks_total", dimensions: [("forge", forge), ("outcome", outcome)])
        }
        accepted = counter("accepted")
        ignored = counter("ignored")
        refused = counter("refused")
        failed = counter("failed")
    }
}

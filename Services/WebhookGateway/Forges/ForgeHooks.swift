import Contracts
import NIOHTTP1
import WebServer

/// How a forge says a push and proves that it is the forge that says it.
///
/// The gateway asks in this order, for each request:
/// 1. ``forge`` has the address (`Forge.hookPath`). A request that a header gives away as another forge's hook does not
///    get any further: its sender is told the address it belongs to (``HookMarks``).
/// 2. ``read(_:now:)`` gets the whole body. It reads as much of it as tells the repository, for each has its own secret,
///    and answers a ``HookClaim``, which *nobody believes before it is verified*: with ``HookSecrets``, over the body as it
///    came in, in constant time. What does not verify is a ``HookRefusal``.
/// 3. What verified is asked for its meaning: a ``HookPush`` where it is one, whose ``HookPush/verdict(now:)`` checks refs,
///    commits and addresses alike for every forge and gives the push its id: the same for every time the forge sends it.
///
/// A reader keeps nothing between requests and is asked from many threads. To add a forge: an entry in `Forge.all`, a
/// folder beside `GitLab` with a type of this kind, and a line in ``ForgeRegistry``.
protocol ForgeHooks: Sendable {
    /// Whose hooks these are.
    var forge: Forge { get }

    /// What gives them away wherever they were sent.
    var marks: [HookMark] { get }

    /// Reads what a hook says it is of.
    /// - Throws: ``HookRefusal`` with what the sender has to change.
    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookReading
}

/// The readers of every forge's hooks.
enum ForgeRegistry {
    static func all(_ secrets: HookSecrets) -> [any ForgeHooks] {
        [GitLab(secrets: secrets), GitHub(secrets: secrets), Gitea(secrets: secrets)]
    }
}

/// A request as it came in.
struct IncomingHook: Sendable {
    var headers: HTTPHeaders
    var body: [UInt8]
    var client = Client(address: nil)
}

/// What a request is, at first sight.
enum HookReading: Sendable {
    case claim(HookClaim)
    /// It is of no repository, so that there is nothing to verify and nothing to do, and why.
    case ignored(String)
    /// It is none of this forge's hooks.
    case foreign
}

/// What a verified hook means.
enum HookVerdict: Sendable, Equatable {
    case push(PushReceived)
    /// Nothing to do, and why. It is answered with success: forges switch hooks off that fail.
    case ignored(String)
}

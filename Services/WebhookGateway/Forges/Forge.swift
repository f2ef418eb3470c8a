import Contracts
import NIOHTTP1
import Runtime

/// A Git server that sends hooks. Each has its own way to say and to sign them; a forge is a folder with a type of
/// this kind.
protocol Forge: Sendable {
    /// The last part of the address its hooks go to.
    var name: String { get }

    /// Verifies a hook and says what it means. Nothing is done for a sender that is not verified.
    /// - Throws: ``HookRefusal`` with what the sender has to change.
    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookVerdict
}

/// A request as it came in.
struct IncomingHook: Sendable {
    var headers: HTTPHeaders
    var body: [UInt8]
    var client = Client(address: nil)
}

/// What a hook means.
enum HookVerdict: Sendable, Equatable {
    case push(PushReceived)
    /// Nothing to do, and why. It is answered with success: forges switch hooks off that fail.
    case ignored(String)
    /// It is none of this forge's hooks.
    case foreign
}

import Contracts
import NIOHTTP1
import Secrets

/// GitHub's push hooks, which cover tags too, of repositories and organizations. They are signed:
/// `X-Hub-Signature-256` is `sha256=` and the HMAC-SHA256 of the body, keyed by the secret's text.
struct GitHub: ForgeHooks {
    let forge = Forge.github
    let secrets: HookSecrets

    var marks: [HookMark] {
        [
            HookMark(forge.product, forge: forge.name, .header(Header.event)),
            HookMark(forge.product, forge: forge.name, .member("pusher")),
        ]
    }

    enum Header {
        static let event = "X-GitHub-Event"
        /// `sha256=` and hexadecimal digits.
        static let signature = "X-Hub-Signature-256"
        /// What the signature itself comes after.
        static let algorithm = "sha256="
    }

    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookReading {
        guard let event = hook.headers.first(name: Header.event) else { return .foreign }
        // A form is what GitHub proposes where the hook is set up.
        let payload = try hook.payload(of: forge, takesForms: true) { json throws(JSONScanError) in
            try HubPayload(json)
        }
        // An organization's own events name no repository.
        guard let subject = try payload.subject(of: forge, isPush: event == "push") else {
            return .ignored("the event “\(event.prefix(80))” is of no repository")
        }
        return .claim(
            payload.claim(
                of: forge, subject, verify: { (holder) throws(HookRefusal) in try verify(hook, subject, holder) },
                meaning: { () throws(HookRefusal) in
                    switch event {
                    case "push":
                        // Only the body is signed, and each push has another one: everybody who saw a hook could send
                        // it again as another delivery.
                        let key = hook.headers.first(name: Header.signature).map {
                            String($0.dropFirst(Header.algorithm.count))
                        }
                        return try payload.push(of: forge, subject, key: key).verdict(now: now)
                    case "ping": return .ignored("the hook of \(subject) is set up: its secret is right")
                    default: return .ignored("events of kind “\(event.prefix(80))” start nothing")
                    }
                }))
    }

    private func verify(
        _ hook: IncomingHook, _ repository: RepositoryPath, _ holder: HookSecrets.Holder
    ) throws(HookRefusal) {
        guard let header = hook.headers.first(name: Header.signature) else {
            throw HookRefusal(
                .unauthorized, "missing_signature",
                "the hook of \(repository) has no \(Header.signature): it was set up without a secret")
        }
        guard header.hasPrefix("sha256="),
            secrets.accept(signature: header.dropFirst(Header.algorithm.count), of: hook.body, for: holder)
        else { throw HookRefusal.wrongSignature(repository) }
    }
}

import Contracts
import NIOHTTP1
import Secrets

/// Gitea's and Forgejo's push hooks, which cover tags too. With a secret they are signed: `X-Gitea-Signature`, and
/// `X-Forgejo-Signature`, is the HMAC-SHA256 of the body, keyed by the secret's text. Without one the same text may be
/// the hook's authorization header.
struct Gitea: ForgeHooks {
    let forge = Forge.gitea
    let secrets: HookSecrets

    /// Forgejo sends Gitea's headers beside its own, and both send those of the products that had such hooks before.
    var marks: [HookMark] {
        let before = ["X-Gogs-Event", "X-GitHub-Event"]
        return [
            HookMark(
                "Forgejo", forge: forge.name, .header(Header.forgejoEvent), borrowing: [Header.event] + before),
            HookMark(forge.product, forge: forge.name, .header(Header.event), borrowing: before),
        ]
    }

    enum Header {
        static let event = "X-Gitea-Event"
        static let delivery = "X-Gitea-Delivery"
        static let signature = "X-Gitea-Signature"
        static let forgejoEvent = "X-Forgejo-Event"
        static let forgejoDelivery = "X-Forgejo-Delivery"
        static let forgejoSignature = "X-Forgejo-Signature"
    }

    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookReading {
        guard let event = first(of: [Header.forgejoEvent, Header.event], hook) else { return .foreign }
        let payload = try hook.payload(of: forge, takesForms: true) { json throws(JSONScanError) in
            try HubPayload(json)
        }
        guard let subject = try payload.subject(of: forge, isPush: event == "push") else {
            return .ignored("the event “\(event.prefix(80))” is of no repository")
        }
        return .claim(
            payload.claim(
                of: forge, subject, verify: { (holder) throws(HookRefusal) in try verify(hook, subject, holder) },
                meaning: { () throws(HookRefusal) in
                    guard event == "push" else {
                        return .ignored("events of kind “\(event.prefix(80))” start nothing")
                    }
                    // Only the body is signed, and each push has another one: everybody who saw a signed hook could send
                    // it again as another delivery.
                    let key =
                        first(of: [Header.forgejoSignature, Header.signature], hook)
                        ?? first(of: [Header.forgejoDelivery, Header.delivery], hook)
                    return try payload.push(of: forge, subject, key: key).verdict(now: now)
                }))
    }

    private func verify(
        _ hook: IncomingHook, _ repository: RepositoryPath, _ holder: HookSecrets.Holder
    ) throws(HookRefusal) {
        // A signature that is there has to verify. Falling back to the authorization would let whoever learnt it, for it
        // travels in every request, send hooks of a repository that has moved on to signing.
        if let signature = first(of: [Header.forgejoSignature, Header.signature], hook) {
            guard secrets.accept(signature: signature, of: hook.body, for: holder) else {
                throw HookRefusal.wrongSignature(repository)
            }
            return
        }
        // `Bearer …`, as it proposes, `token …`, or what was entered alone.
        let authorization = first(of: ["Authorization"], hook)
        let token = authorization?.split(separator: " ", maxSplits: 1).last.map(String.init)
        try secrets.requireSigned(repository, token: token, of: holder)
        guard authorization != nil else {
            throw HookRefusal(
                .unauthorized, "missing_signature",
                "the hook of \(repository) is not signed: it was set up without a secret")
        }
        guard secrets.accept(token: token ?? "", for: holder) else {
            throw .wrongSecret("wrong_token", "the authorization header is not the secret of \(repository)")
        }
    }

    /// The first of these headers that says something: without a secret the signature is there, and empty.
    private func first(of names: [String], _ hook: IncomingHook) -> String? {
        for name in names {
            if let value = hook.headers.first(name: name), !value.isEmpty { return value }
        }
        return nil
    }
}

import Contracts
import FoundationEssentials
import NIOHTTP1
import Secrets

/// GitLab's push and tag hooks, of projects, groups and the whole system.
struct GitLab: ForgeHooks {
    let forge = Forge.gitlab
    let secrets: HookSecrets

    var marks: [HookMark] {
        [
            HookMark(forge.product, forge: forge.name, .header(Header.event)),
            // All that a test by hand may have.
            HookMark(forge.product, forge: forge.name, .weakHeader(Header.token)),
        ]
    }

    enum Header {
        static let event = "X-Gitlab-Event"
        static let eventUUID = "X-Gitlab-Event-UUID"
        static let token = "X-Gitlab-Token"
        static let idempotencyKey = "Idempotency-Key"
    }

    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookReading {
        let payload = try hook.payload(of: forge) { json throws(JSONScanError) in try GitLabPayload(json) }
        let kind = payload.objectKind ?? payload.eventName ?? ""
        // Every hook of GitLab has one or the other.
        if kind.isEmpty, !hook.headers.contains(name: Header.event) { return .foreign }
        guard let path = payload.path else {
            guard kind == "push" || kind == "tag_push" else { return .ignored(unsupported(kind)) }
            throw HookRefusal(
                .badRequest, "missing_member", "project.path_with_namespace is missing",
                remedy: "send the hook as GitLab does")
        }
        let repository = RepositoryPath(rawValue: path)
        if let problem = repository.problem { throw HookRefusal(.badRequest, "malformed_path", problem) }
        return .claim(
            HookClaim(
                subject: repository, forge: forge, cloneURL: payload.cloneURL, defaultBranch: payload.defaultBranch,
                verify: { (holder) throws(HookRefusal) in try verify(hook, repository, holder, now) },
                meaning: { () throws(HookRefusal) in
                    guard kind == "push" || kind == "tag_push" else { return .ignored(unsupported(kind)) }
                    return try push(payload, repository, isTag: kind == "tag_push", hook.headers).verdict(now: now)
                }))
    }

    // MARK: Verification

    private func verify(
        _ hook: IncomingHook, _ repository: RepositoryPath, _ holder: HookSecrets.Holder, _ now: Timestamp
    ) throws(HookRefusal) {
        // A signature that is there has to verify. Falling back to the token would let whoever learnt the token, which
        // travels in every request, send hooks of a project that has moved on to signing.
        if let signatures = hook.headers.first(name: StandardWebhook.Header.signature) {
            guard let id = hook.headers.first(name: StandardWebhook.Header.id),
                let timestamp = hook.headers.first(name: StandardWebhook.Header.timestamp)
            else {
                throw HookRefusal(
                    .unauthorized, "incomplete_signature",
                    "\(StandardWebhook.Header.signature) needs \(StandardWebhook.Header.id) and "
                        + "\(StandardWebhook.Header.timestamp) beside it")
            }
            var refusal = StandardWebhook.Refusal.wrongSignature
            for candidate in secrets.signatures(for: holder) {
                do throws(StandardWebhook.Refusal) {
                    try candidate.verify(
                        id: id, timestamp: timestamp, signatures: signatures, body: hook.body,
                        now: now.milliseconds / 1000)
                    return
                } catch {
                    refusal = error
                }
            }
            throw refused(refusal, repository)
        }
        let token = hook.headers.first(name: Header.token)
        try secrets.requireSigned(repository, token: token, of: holder)
        guard let token else {
            throw HookRefusal(
                .unauthorized, "missing_token", "the hook of \(repository) has neither a secret token nor a signature")
        }
        guard secrets.accept(token: token, for: holder) else {
            throw .wrongSecret("wrong_token", "the secret token is not the one of \(repository)")
        }
    }

    private func refused(_ refusal: StandardWebhook.Refusal, _ repository: RepositoryPath) -> HookRefusal {
        switch refusal {
        case .malformedTimestamp:
            HookRefusal(.unauthorized, "malformed_timestamp", "webhook-timestamp is no number of seconds")
        case .outsideWindow:
            HookRefusal(
                .unauthorized, "stale_signature", "webhook-timestamp is more than five minutes from this clock",
                remedy: "check the clocks of both machines")
        case .wrongSignature:
            HookRefusal.wrongSignature(repository)
        }
    }

    // MARK: Meaning

    private func push(
        _ payload: GitLabPayload, _ repository: RepositoryPath, isTag: Bool, _ headers: HTTPHeaders
    ) -> HookPush {
        HookPush(
            forge: forge, repository: repository, isTag: isTag, ref: payload.ref, before: payload.before,
            after: payload.after, taggedCommit: payload.checkout, cloneURL: payload.cloneURL,
            cloneMember: "project.git_http_url", defaultBranch: payload.defaultBranch, sender: payload.sender,
            skip: payload.skip, origin: payload.origin,
            key: key(headers))
    }

    /// What a resend keeps. Of a signed hook that is what is signed: everybody who saw one could send it again with
    /// another value of any other header. From 17.4 on a resend keeps the second; the third is of the event, whatever it
    /// is sent to.
    private func key(_ headers: HTTPHeaders) -> String? {
        if headers.contains(name: StandardWebhook.Header.signature) {
            return headers.first(name: StandardWebhook.Header.id)
        }
        return headers.first(name: Header.idempotencyKey) ?? headers.first(name: Header.eventUUID)
    }

    private func unsupported(_ kind: String) -> String {
        kind.isEmpty ? "the hook names no event" : "events of kind “\(kind.prefix(80))” start nothing"
    }
}

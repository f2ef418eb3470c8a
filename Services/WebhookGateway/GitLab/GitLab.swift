import Contracts
import FoundationEssentials
import NIOHTTP1
import Secrets

/// GitLab's push and tag hooks, of projects, groups and the whole system.
struct GitLab: Forge {
    let name = "gitlab"
    let secrets: HookSecrets

    init(secrets: HookSecrets) {
        self.secrets = secrets
    }

    func read(_ hook: IncomingHook, now: Timestamp) throws(HookRefusal) -> HookVerdict {
        try checkContentType(hook.headers)
        let payload: GitLabPayload
        do {
            payload = try GitLabPayload(hook.body)
        } catch {
            throw HookRefusal(
                .badRequest, "malformed_json", "the body is no JSON object of a hook: \(error)",
                remedy: "send the hook as GitLab does")
        }
        let kind = payload.objectKind ?? payload.eventName ?? ""
        guard let path = payload.path else {
            guard kind == "push" || kind == "tag_push" else { return .ignored(unsupported(kind)) }
            throw HookRefusal(
                .badRequest, "missing_member", "project.path_with_namespace is missing",
                remedy: "send the hook as GitLab does")
        }
        let repository = RepositoryPath(rawValue: path)
        if let problem = repository.problem { throw HookRefusal(.badRequest, "malformed_path", problem) }
        try verify(hook, repository, now)
        guard kind == "push" || kind == "tag_push" else { return .ignored(unsupported(kind)) }
        return try push(payload, repository, isTag: kind == "tag_push", hook.headers, now)
    }

    private func checkContentType(_ headers: HTTPHeaders) throws(HookRefusal) {
        let type = headers.first(name: "Content-Type") ?? ""
        if type == "application/json" { return }
        let media = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard media == "application/json" else {
            throw HookRefusal(
                .unsupportedMediaType, "unsupported_media_type",
                "the content type is \(type.isEmpty ? "missing" : "“\(type.prefix(100))”"), not application/json",
                remedy: "send the hook as application/json")
        }
    }

    // MARK: Verification

    private func verify(_ hook: IncomingHook, _ repository: RepositoryPath, _ now: Timestamp) throws(HookRefusal) {
        // A signature that is there has to verify. Falling back to the token would let whoever learnt the token, which
        // travels in every request, send hooks of a project that has moved on to signing.
        if let signatures = hook.headers.first(name: HookHeader.signature) {
            guard let id = hook.headers.first(name: HookHeader.id),
                let timestamp = hook.headers.first(name: HookHeader.timestamp)
            else {
                throw HookRefusal(
                    .unauthorized, "incomplete_signature",
                    "webhook-signature needs webhook-id and webhook-timestamp beside it")
            }
            var refusal = StandardWebhook.Refusal.wrongSignature
            for candidate in secrets.signatures(for: repository) {
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
        guard let token = hook.headers.first(name: HookHeader.gitlabToken) else {
            throw HookRefusal(
                .unauthorized, "missing_token", "the hook of \(repository) has neither a secret token nor a signature",
                remedy: remedy(repository))
        }
        guard secrets.accept(token: token, for: repository) else {
            throw HookRefusal(
                .unauthorized, "wrong_token", "the secret token is not the one of \(repository)",
                remedy: remedy(repository))
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
            HookRefusal(
                .unauthorized, "wrong_signature", "the signature is not one of \(repository)",
                remedy: remedy(repository))
        }
    }

    private func remedy(_ repository: RepositoryPath) -> String {
        "enter what `slipway repo hook \(repository)` shows in the webhook's settings"
    }

    // MARK: Meaning

    private func push(
        _ payload: GitLabPayload, _ repository: RepositoryPath, isTag: Bool, _ headers: HTTPHeaders, _ now: Timestamp
    ) throws(HookRefusal) -> HookVerdict {
        guard let ref = payload.ref, let after = payload.after, let cloneURL = payload.cloneURL else {
            let missing = payload.ref == nil ? "ref" : payload.after == nil ? "after" : "project.git_http_url"
            throw HookRefusal(
                .badRequest, "missing_member", "\(missing) is missing", remedy: "send the hook as GitLab does")
        }
        guard ref.hasPrefix(isTag ? "refs/tags/" : "refs/heads/") else {
            throw HookRefusal(.badRequest, "malformed_ref", "“\(ref.prefix(200))” is no ref of this kind of hook")
        }
        guard !Self.isZero(after) else { return .ignored("\(ref.prefix(200)) of \(repository) was deleted") }
        // `after` of a tag may be the tag object; the commit is the one that would be checked out.
        let commit = isTag ? payload.checkout ?? after : after
        guard Self.isCommit(commit) else {
            throw HookRefusal(.badRequest, "malformed_commit", "“\(commit.prefix(80))” is no commit id")
        }
        let before = payload.before.flatMap { Self.isZero($0) || !Self.isCommit($0) ? nil : $0 }
        let trigger = Trigger(
            id: HookIdentity.id(of: headers, "gitlab", [repository.rawValue, ref, after]), event: isTag ? .tag : .push,
            repository: repository, ref: ref, branch: isTag ? nil : String(ref.dropFirst("refs/heads/".count)),
            before: isTag ? nil : before, commit: commit, sender: payload.sender, skip: payload.skip, receivedAt: now)
        return .push(
            PushReceived(trigger: trigger, cloneURL: cloneURL, defaultBranch: payload.defaultBranch))
    }

    private func unsupported(_ kind: String) -> String {
        kind.isEmpty ? "the hook names no event" : "events of kind “\(kind.prefix(80))” start nothing"
    }

    private static func isZero(_ text: String) -> Bool {
        text.utf8.count >= 40 && all(text) { $0 == UInt8(ascii: "0") }
    }

    private static func isCommit(_ text: String) -> Bool {
        (text.utf8.count == 40 || text.utf8.count == 64)
            && all(text) { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
            }
    }

    private static func all(_ text: String, _ condition: (UInt8) -> Bool) -> Bool {
        let bytes = text.utf8Span.span
        return bytes.indices.allSatisfy { condition(bytes[$0]) }
    }
}

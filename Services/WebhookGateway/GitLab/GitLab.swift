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
        // Every hook of GitLab has one or the other.
        if kind.isEmpty, !hook.headers.contains(name: HookHeader.gitlabEvent) { return .foreign }
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
        guard cloneURL.isEmpty || HookText.link(cloneURL) != nil else {
            throw HookRefusal(
                .badRequest, "malformed_url", "project.git_http_url has a blank in it or more than 2048 characters",
                remedy: "send the hook as GitLab does")
        }
        guard ref.hasPrefix(isTag ? "refs/tags/" : "refs/heads/") else {
            throw HookRefusal(.badRequest, "malformed_ref", "“\(ref.prefix(200))” is no ref of this kind of hook")
        }
        if let problem = GitRef.problem(ref) { throw Self.malformedRef(problem) }
        let defaultBranch = payload.defaultBranch.flatMap { $0.isEmpty ? nil : $0 }
        if let problem = defaultBranch.flatMap(GitRef.branchProblem) { throw Self.malformedRef(problem) }
        let before = try Self.commit(payload.before, "before")
        guard let head = try Self.commit(after, "after") else {
            return .ignored("\(ref.prefix(200)) of \(repository) was deleted")
        }
        // `after` of a tag may be the tag object; the commit is the one that would be checked out.
        let commit = isTag ? try Self.commit(payload.checkout, "checkout_sha") ?? head : head
        let trigger = Trigger(
            id: HookIdentity.id(of: headers, "gitlab", [repository.rawValue, ref, after]), event: isTag ? .tag : .push,
            repository: repository, ref: ref, branch: isTag ? nil : String(ref.dropFirst("refs/heads/".count)),
            before: isTag ? nil : before, commit: commit, sender: payload.sender, skip: payload.skip,
            origin: payload.origin == Trigger.Origin() ? nil : payload.origin, receivedAt: now)
        return .push(
            PushReceived(trigger: trigger, cloneURL: cloneURL, defaultBranch: defaultBranch))
    }

    private func unsupported(_ kind: String) -> String {
        kind.isEmpty ? "the hook names no event" : "events of kind “\(kind.prefix(80))” start nothing"
    }

    /// A commit id, or `nil` where there is none: the member is missing, null or all zeros.
    private static func commit(_ text: String?, _ member: String) throws(HookRefusal) -> String? {
        guard let text, !GitRef.isZero(text) else { return nil }
        guard GitRef.isCommit(text) else {
            throw HookRefusal(
                .badRequest, "malformed_commit", "\(member): “\(text.prefix(80))” is no commit id",
                remedy: "send the hook as GitLab does")
        }
        return text
    }

    private static func malformedRef(_ problem: String) -> HookRefusal {
        HookRefusal(.badRequest, "malformed_ref", problem, remedy: "send the hook as GitLab does")
    }
}

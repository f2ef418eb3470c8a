import Contracts
import NIOHTTP1

/// What a forge says of a push, as its hook has it and not checked yet.
struct HookPush {
    var forge: Forge
    var repository: RepositoryPath
    /// Whether a tag has to have been pushed, or a branch; `nil` where either may.
    var isTag: Bool?
    var ref: String?
    var before: String?
    var after: String?
    /// The commit that a tag leads to; `after` may be the tag object. Where the forge does not tell, sync finds it.
    var taggedCommit: String?
    var cloneURL: String?
    /// The member that has ``cloneURL``.
    var cloneMember: String
    var defaultBranch: String?
    var sender: String?
    var skip = false
    var origin: Trigger.Origin
    /// What the forge calls this hook, the same for every time it sends it; `nil` where it does not tell.
    var key: String?
    /// What ids begin with: the same for all forges that a body with its signature can be sent to; `nil`: the forge's name.
    var family: String?

    /// - Throws: ``HookRefusal``, 400, with the member that cannot be used.
    func verdict(now: Timestamp) throws(HookRefusal) -> HookVerdict {
        guard let ref, let after, let cloneURL else {
            let missing = ref == nil ? "ref" : after == nil ? "after" : cloneMember
            throw refused("missing_member", "\(missing) is missing")
        }
        guard cloneURL.isEmpty || HookText.link(cloneURL) != nil else {
            throw refused("malformed_url", "\(cloneMember) has a blank in it or more than 2048 characters")
        }
        let isTag = isTag ?? ref.hasPrefix("refs/tags/")
        guard ref.hasPrefix(isTag ? "refs/tags/" : "refs/heads/") else {
            throw refused("malformed_ref", "“\(ref.prefix(200))” is no ref of this kind of hook")
        }
        let defaultBranch = defaultBranch.flatMap { $0.isEmpty ? nil : $0 }
        if let problem = GitRef.problem(ref) ?? defaultBranch.flatMap(GitRef.branchProblem) {
            throw refused("malformed_ref", problem)
        }
        let before = try commit(before, "before")
        guard let head = try commit(after, "after") else {
            return .ignored("\(ref.prefix(200)) of \(repository) was deleted")
        }
        let commit = isTag ? try commit(taggedCommit, "the tag's commit") : head
        var origin = origin
        origin.forge = forge.name
        let trigger = Trigger(
            id: HookIdentity.id(key: key, family ?? forge.name, [repository.rawValue, ref, after]),
            event: isTag ? .tag : .push, repository: repository, ref: ref,
            branch: isTag ? nil : String(ref.dropFirst("refs/heads/".count)),
            before: isTag ? nil : before, commit: commit, sender: sender, skip: skip, origin: origin,
            receivedAt: now)
        return .push(PushReceived(trigger: trigger, cloneURL: cloneURL, defaultBranch: defaultBranch))
    }

    /// A commit id, or `nil` where there is none: the member is missing, null or all zeros.
    private func commit(_ text: String?, _ member: String) throws(HookRefusal) -> String? {
        guard let text, !GitRef.isZero(text) else { return nil }
        guard GitRef.isCommit(text) else {
            throw refused("malformed_commit", "\(member): “\(text.prefix(80))” is no commit id")
        }
        return text
    }

    private func refused(_ code: String, _ problem: String) -> HookRefusal {
        HookRefusal(.badRequest, code, problem, remedy: "send the hook as \(forge.product) does")
    }
}

import Contracts
import NIOHTTP1

/// The members of a push hook that Slipway uses, as GitHub names them, and Gitea after it. Found in one pass over the
/// body; the rest, mostly the list of commits, is stepped over.
struct HubPayload {
    var ref: String?
    var before: String?
    var after: String?
    var headCommit: String?
    /// `repository.full_name`.
    var path: String?
    /// The organization whose hook it is.
    var owner: String?
    var cloneURL: String?
    var defaultBranch: String?
    var sender: String?
    var origin = Trigger.Origin()
    private var isPrivate: Bool?
    private var isInternal = false

    /// - Throws: ``JSONScanError``.
    init(_ body: [UInt8]) throws(JSONScanError) {
        var scanner = JSONScanner(body)
        try scanner.object { (key, scanner) throws(JSONScanError) in
            switch key {
            case "ref": ref = try scanner.optionalString()
            case "before": before = try scanner.optionalString()
            case "after": after = try scanner.optionalString()
            case "head_commit": try readCommit(&scanner)
            case "repository": try readRepository(&scanner)
            case "organization": try readOrganization(&scanner)
            case "sender": try readSender(&scanner)
            default: try scanner.skip()
            }
        }
        try scanner.end()
        if origin.visibility == nil, let isPrivate {
            origin.visibility = isInternal ? "internal" : isPrivate ? "private" : "public"
        }
    }

    /// What the hook says of a push.
    /// - Parameter key: what the forge calls the hook. All forges of this shape sign one body with one secret alike.
    func push(of forge: Forge, _ repository: RepositoryPath, key: String?) -> HookPush {
        HookPush(
            forge: forge, repository: repository, ref: ref, before: before, after: after, taggedCommit: headCommit,
            cloneURL: cloneURL, cloneMember: "repository.clone_url", defaultBranch: defaultBranch, sender: sender,
            origin: origin, key: key, family: "hub")
    }

    /// What the hook is of, which says the secrets it is verified with: the repository, else the organization; `nil`
    /// where it names neither and is none of a push.
    /// - Throws: ``HookRefusal``, 400.
    func subject(of forge: Forge, isPush: Bool) throws(HookRefusal) -> RepositoryPath? {
        guard let path = isPush ? path : path ?? owner else {
            guard isPush else { return nil }
            throw HookRefusal(
                .badRequest, "missing_member", "repository.full_name is missing",
                remedy: "send the hook as \(forge.product) does")
        }
        let subject = RepositoryPath(rawValue: path)
        if let problem = subject.problem { throw HookRefusal(.badRequest, "malformed_path", problem) }
        return subject
    }

    /// What the hook says it is of.
    func claim(
        of forge: Forge, _ subject: RepositoryPath,
        verify: @escaping @Sendable (HookSecrets.Holder) throws(HookRefusal) -> Void,
        meaning: @escaping @Sendable () throws(HookRefusal) -> HookVerdict
    ) -> HookClaim {
        HookClaim(
            subject: subject, isOrganization: path == nil, forge: forge, cloneURL: cloneURL,
            defaultBranch: defaultBranch, verify: verify, meaning: meaning)
    }

    private mutating func readCommit(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            guard key == "id" else { return try scanner.skip() }
            headCommit = try scanner.optionalString()
        }
    }

    private mutating func readRepository(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            switch key {
            case "id": origin.projectID = try scanner.optionalInteger()
            case "full_name": path = try scanner.optionalString()
            case "private": isPrivate = try scanner.isTrue()
            case "internal": isInternal = try scanner.isTrue()
            case "visibility": origin.visibility = HookText.name(try scanner.optionalString())
            case "html_url": origin.projectURL = HookText.link(try scanner.optionalString())
            case "clone_url": cloneURL = try scanner.optionalString()
            case "ssh_url": origin.sshURL = HookText.link(try scanner.optionalString())
            case "default_branch": defaultBranch = try scanner.optionalString()
            default: try scanner.skip()
            }
        }
    }

    private mutating func readOrganization(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            guard key == "login" else { return try scanner.skip() }
            owner = try scanner.optionalString()
        }
    }

    private mutating func readSender(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            switch key {
            case "login": sender = HookText.name(try scanner.optionalString())
            case "full_name":
                let name = HookText.name(try scanner.optionalString())
                origin.userName = name?.isEmpty == true ? nil : name
            case "avatar_url": origin.avatarURL = HookText.link(try scanner.optionalString())
            default: try scanner.skip()
            }
        }
    }
}

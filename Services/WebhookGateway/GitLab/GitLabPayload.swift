import Contracts

/// The members of a push hook that Slipway uses, found in one pass over the body. The rest, mostly the list of
/// commits, is stepped over: paths and messages come from Git itself.
struct GitLabPayload: Equatable {
    var objectKind: String?
    var eventName: String?
    var ref: String?
    var before: String?
    var after: String?
    var checkout: String?
    var sender: String?
    var path: String?
    var cloneURL: String?
    var defaultBranch: String?
    var origin = Trigger.Origin()
    var skip = false

    /// - Throws: ``JSONScanError``.
    init(_ body: [UInt8]) throws(JSONScanError) {
        var scanner = JSONScanner(body)
        try scanner.object { (key, scanner) throws(JSONScanError) in
            switch key {
            case "object_kind": objectKind = try scanner.optionalString()
            case "event_name": eventName = try scanner.optionalString()
            case "ref": ref = try scanner.optionalString()
            case "before": before = try scanner.optionalString()
            case "after": after = try scanner.optionalString()
            case "checkout_sha": checkout = try scanner.optionalString()
            case "user_username": sender = HookText.name(try scanner.optionalString())
            case "user_name": origin.userName = HookText.name(try scanner.optionalString())
            case "user_avatar": origin.avatarURL = HookText.link(try scanner.optionalString())
            case "project_id": origin.projectID = try scanner.optionalInteger()
            case "project": try readProject(&scanner)
            case "push_options": try readOptions(&scanner)
            default: try scanner.skip()
            }
        }
        try scanner.end()
    }

    private mutating func readProject(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            switch key {
            case "path_with_namespace": path = try scanner.optionalString()
            case "git_http_url": cloneURL = try scanner.optionalString()
            case "git_ssh_url": origin.sshURL = HookText.link(try scanner.optionalString())
            case "web_url": origin.projectURL = HookText.link(try scanner.optionalString())
            case "visibility_level": origin.visibility = Self.visibility(try scanner.optionalInteger())
            case "default_branch": defaultBranch = try scanner.optionalString()
            default: try scanner.skip()
            }
        }
    }

    /// GitLab's numbers for who may see a project.
    private static func visibility(_ level: Int?) -> String? {
        switch level {
        case 0: "private"
        case 10: "internal"
        case 20: "public"
        default: nil
        }
    }

    /// `{"ci": {"skip": true}}`
    private mutating func readOptions(_ scanner: inout JSONScanner) throws(JSONScanError) {
        guard try scanner.startsObject() else { return try scanner.skip() }
        try scanner.object { (key, scanner) throws(JSONScanError) in
            guard key == "ci", try scanner.startsObject() else { return try scanner.skip() }
            try scanner.object { (key, scanner) throws(JSONScanError) in
                guard key == "skip" else { return try scanner.skip() }
                skip = try scanner.isTrue()
            }
        }
    }
}

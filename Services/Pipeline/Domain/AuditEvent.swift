/// What is in the audit log beside ``Operation``'s changes: how people come and go, and what the platform does by itself.
enum AuditEvent: String, CaseIterable, Sendable {
    case signIn = "account.sign-in"
    case failedSignIn = "account.sign-in-failed"
    case signOut = "account.sign-out"
    case saveGroups = "account.groups"
    case useSecret = "secret.use"
    case beginRollout = "rollout.begin"
    case endRollout = "rollout.end"
    case reseal = "key.reseal"
    case addKey = "key.add"
    case retireKey = "key.retire"
    case removeRuns = "run.remove"
    case restore = "platform.restore"
    case upgradeRole = "role.upgrade"
    case upgradeEnvironment = "environment.upgrade"

    var what: String {
        switch self {
        case .signIn:
            "somebody signed in: by a password, a link, a token, the provider or a browser that let a command in"
        case .failedSignIn:
            "attempts to sign in failed: how many, by which way and from where, and with which account where there is one"
        case .signOut: "a browser was signed out by whoever sat at it"
        case .saveGroups: "the provider told of other groups, another name or another address at a sign-in"
        case .useSecret:
            "a job was given secrets and registry logins, by their names; `sync` a repository's token, once an hour at most"
        case .beginRollout: "a deployer was given a rollout"
        case .endRollout: "a rollout ended, or its deployer was lost: with the outcome, the image and the revision"
        case .reseal: "the platform sealed with the newest key, at its start, what an older one had sealed"
        case .addKey: "the platform was started with a seal key that it did not have before"
        case .retireKey: "the platform was started without a seal key that it had before"
        case .removeRuns: "retention removed runs of a repository: how many, of which numbers and why"
        case .restore:
            "the database was put back from a backup: of when, and by which numbers the runs of each repository go on"
        case .upgradeRole: "an upgrade gave a token of before the role that it had"
        case .upgradeEnvironment:
            "an upgrade made or widened an environment, so that what was rolled out before still may be"
        }
    }
}

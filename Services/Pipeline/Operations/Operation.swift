import Contracts

/// All that is done with the platform, and the right that each needs: the one table of it. Every operation asks
/// ``Principal/require(_:)`` or one of its kind with its entry, and nothing else decides what somebody may do.
enum Operation: String, CaseIterable, Sendable {
    case seeRuns = "run.see"
    case startRun = "run.start"
    case startGivenRun = "run.start-given"
    case rerun = "run.rerun"
    case cancelRun = "run.cancel"
    case decideRollout = "rollout.decide"
    case decideOpenRollout = "rollout.decide-open"
    case seeRepositories = "repository.see"
    case seeDiscovered = "repository.see-discovered"
    case saveRepository = "repository.save"
    case removeRepository = "repository.remove"
    case associate = "repository.associate"
    case seeHook = "repository.see-hook"
    case seeSchedules = "schedule.see"
    case saveSchedule = "schedule.save"
    case removeSchedule = "schedule.remove"
    case pauseSchedule = "schedule.pause"
    case resumeSchedule = "schedule.resume"
    case seeSecrets = "secret.see"
    case saveSecret = "secret.save"
    case removeSecret = "secret.remove"
    case seeComponents = "component.see"
    case saveComponent = "component.save"
    case removeComponent = "component.remove"
    case seeEnvironments = "environment.see"
    case saveEnvironment = "environment.save"
    case removeEnvironment = "environment.remove"
    case adopt = "environment.adopt"
    case seePools = "pool.see"
    case savePool = "pool.save"
    case removePool = "pool.remove"
    case seeWorkers = "worker.see"
    case drainWorker = "worker.drain"
    case resumeWorker = "worker.resume"
    case seeRegistries = "registry.see"
    case saveRegistry = "registry.save"
    case removeRegistry = "registry.remove"
    case seeRetention = "retention.see"
    case saveRetention = "retention.save"
    case clean = "retention.clean"
    case seeKeys = "key.see"
    case reseal = "key.reseal"
    case seeParked = "parked.see"
    case retryParked = "parked.retry"
    case dropParked = "parked.drop"
    case seeTokens = "token.see"
    case makeToken = "token.make"
    case revokeToken = "token.revoke"
    case seeOthersTokens = "token.see-others"
    case makeOthersToken = "token.make-others"
    case revokeOthersToken = "token.revoke-others"
    case seePeople = "person.see"
    case managePeople = "person.manage"
    case seeOwnAccount = "account.see"
    case changeOwnAccount = "account.change"
    case seeRoles = "role.see"
    case giveRole = "role.give"
    case takeRole = "role.take"
    case seeAudit = "audit.see"
    case serveStages = "stage.serve"

    /// Where somebody needs the role.
    enum Place: String, Sendable {
        /// In the repository; for what a group has in common, in all of the group.
        case repository
        /// In all repositories, `**`: what it changes belongs to none.
        case platform
        /// In any: what is shown is what concerns the repositories that they see.
        case anywhere
        /// Nowhere: it is about themselves.
        case own
        /// It is no person's.
        case stages
    }

    struct Rule: Sendable, Equatable {
        /// `nil` where none is needed.
        var role: Role?
        var place: Place
        var isChange: Bool
        /// As it follows on “may”.
        var what: String
    }

    var rule: Rule {
        switch self {
        case .seeRuns: see(.viewer, .repository, "see runs, their steps and logs, as they happen")
        case .startRun: change(.developer, .repository, "start a run of what a push would run, or of a component")
        case .startGivenRun: change(.maintainer, .repository, "start a run of a pipeline given with it")
        case .rerun: change(.developer, .repository, "run a run again")
        case .cancelRun: change(.developer, .repository, "cancel a run")
        case .decideRollout:
            change(.viewer, .repository, "approve or refuse a rollout, as one of its environment's approvers")
        case .decideOpenRollout:
            change(.maintainer, .repository, "approve or refuse a rollout whose environment names no approvers")
        case .seeRepositories: see(.viewer, .repository, "see a repository and its associations")
        case .seeDiscovered: see(.maintainer, .repository, "see that a repository is pushed to and not registered")
        case .saveRepository: change(.maintainer, .repository, "register or change a repository")
        case .removeRepository: change(.maintainer, .repository, "remove a repository")
        case .associate: change(.maintainer, .repository, "associate components with a repository")
        case .seeHook: see(.maintainer, .repository, "see the secret of a repository's webhook")
        case .seeSchedules: see(.viewer, .repository, "see a repository's schedules")
        case .saveSchedule: change(.maintainer, .repository, "save a schedule of a repository")
        case .removeSchedule: change(.maintainer, .repository, "remove a schedule of a repository")
        case .pauseSchedule: change(.maintainer, .repository, "pause a schedule of a repository")
        case .resumeSchedule: change(.maintainer, .repository, "resume a paused schedule of a repository")
        case .seeSecrets: see(.developer, .repository, "see the names and rules of secrets")
        case .saveSecret: change(.maintainer, .repository, "save or limit a secret")
        case .removeSecret: change(.maintainer, .repository, "remove a secret")
        case .seeComponents: see(.viewer, .anywhere, "see components and what ran")
        case .saveComponent: change(.maintainer, .platform, "save a component")
        case .removeComponent: change(.maintainer, .platform, "remove a component")
        case .seeEnvironments: see(.viewer, .anywhere, "see environments")
        case .saveEnvironment: change(.maintainer, .platform, "make or change an environment")
        case .removeEnvironment: change(.maintainer, .platform, "remove an environment")
        case .adopt: change(.maintainer, .platform, "give a workload to a repository")
        case .seePools: see(.viewer, .anywhere, "see pools of workers")
        case .savePool: change(.maintainer, .platform, "give a pool rules")
        case .removePool: change(.maintainer, .platform, "take a pool's rules away")
        case .seeWorkers: see(.viewer, .anywhere, "see workers")
        case .drainWorker: change(.maintainer, .platform, "drain a builder or deployer")
        case .resumeWorker: change(.maintainer, .platform, "give a drained builder or deployer jobs again")
        case .seeRegistries: see(.maintainer, .platform, "see registry logins' names and rules")
        case .saveRegistry: change(.maintainer, .platform, "save or limit a registry login")
        case .removeRegistry: change(.maintainer, .platform, "remove a registry login")
        case .seeRetention: see(.maintainer, .platform, "see what is not kept any more")
        case .saveRetention: change(.maintainer, .platform, "say how long a repository's runs are kept")
        case .clean: change(.maintainer, .platform, "have what is not kept any more go now")
        case .seeKeys: see(.maintainer, .platform, "see the ids of keys, and retire one")
        case .reseal: change(.maintainer, .platform, "seal what is kept with the newest key")
        case .seeParked: see(.maintainer, .platform, "see parked messages")
        case .retryParked: change(.maintainer, .platform, "send a parked message again")
        case .dropParked: change(.maintainer, .platform, "drop a parked message")
        case .seeTokens: see(nil, .own, "see one's own tokens")
        case .makeToken: change(nil, .own, "make a token of one's own")
        case .revokeToken: change(nil, .own, "revoke a token of one's own")
        case .seeOthersTokens: see(.administrator, .platform, "see the tokens of others")
        case .makeOthersToken: change(.administrator, .platform, "make service accounts and their tokens")
        case .revokeOthersToken: change(.administrator, .platform, "revoke the tokens of others")
        case .seePeople: see(.administrator, .platform, "see the people there are")
        case .managePeople:
            change(.administrator, .platform, "invite, change and block people, make links for them and sign them out")
        case .seeOwnAccount: see(nil, .own, "see who one is, and the browsers one is signed in with")
        case .changeOwnAccount:
            change(nil, .own, "sign one's own browsers out, change one's password, let a command in")
        case .seeRoles: see(.administrator, .anywhere, "see who has which role")
        case .giveRole: change(.administrator, .repository, "give a role")
        case .takeRole: change(.administrator, .repository, "take a role away")
        case .seeAudit: see(.administrator, .anywhere, "see the audit log")
        case .serveStages: change(nil, .stages, "take what the other stages of the platform say, and answer them")
        }
    }

    private func see(_ role: Role?, _ place: Place, _ what: String) -> Rule {
        Rule(role: role, place: place, isChange: false, what: what)
    }

    private func change(_ role: Role?, _ place: Place, _ what: String) -> Rule {
        Rule(role: role, place: place, isChange: true, what: what)
    }
}

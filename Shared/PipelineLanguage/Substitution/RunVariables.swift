public import Contracts

/// The variables that tell a step what it runs for. Their names are Drone's, so that scripts and plugins written for
/// it find what they look for; Slipway's own are beside them.
public struct RunVariables: Sendable, Hashable {
    public var trigger: Trigger
    public var commit: Commit
    public var run: RunID
    /// The number of the run in its repository.
    public var number: Int
    /// The platform's address, such as `https://slipway.example`, or `nil`.
    public var instanceURL: String?
    public var cloneURL: String?
    public var defaultBranch: String?
    public var createdAt: Timestamp

    public init(
        trigger: Trigger, commit: Commit, run: RunID, number: Int, instanceURL: String? = nil,
        cloneURL: String? = nil, defaultBranch: String? = nil, createdAt: Timestamp
    ) {
        self.trigger = trigger
        self.commit = commit
        self.run = run
        self.number = number
        self.instanceURL = instanceURL
        self.cloneURL = cloneURL
        self.defaultBranch = defaultBranch
        self.createdAt = createdAt
    }

    /// The variables for the steps of a stage.
    public func environment(stage: Stage? = nil) -> [String: String] {
        var environment = ["CI": "true", "DRONE": "true", "SLIPWAY": "true"]
        addCommit(&environment)
        addRun(&environment)
        addRepository(&environment)
        if let stage {
            environment["DRONE_STAGE_NAME"] = stage.name
            environment["DRONE_STAGE_KIND"] = "pipeline"
            environment["DRONE_STAGE_TYPE"] = stage.kind.rawValue
            environment["DRONE_STAGE_OS"] = stage.platform.os
            environment["DRONE_STAGE_ARCH"] = stage.platform.arch
            if !stage.dependsOn.isEmpty {
                environment["DRONE_STAGE_DEPENDS_ON"] = stage.dependsOn.joined(separator: ",")
            }
            for (name, value) in stage.matrix where Self.isVariable(name) { environment[name] = value }
        }
        return environment
    }

    private func addCommit(_ environment: inout [String: String]) {
        environment["DRONE_COMMIT"] = commit.sha
        environment["DRONE_COMMIT_SHA"] = commit.sha
        environment["DRONE_COMMIT_BEFORE"] = trigger.before
        environment["DRONE_COMMIT_AFTER"] = commit.sha
        environment["DRONE_COMMIT_REF"] = trigger.ref
        environment["DRONE_COMMIT_MESSAGE"] = commit.message
        environment["DRONE_COMMIT_AUTHOR"] = trigger.sender ?? commit.authorName
        environment["DRONE_COMMIT_AUTHOR_NAME"] = commit.authorName
        environment["DRONE_COMMIT_AUTHOR_EMAIL"] = commit.authorEmail
        environment["SLIPWAY_COMMIT_SHORT"] = commit.short
        if let branch = trigger.branch {
            environment["DRONE_BRANCH"] = branch
            environment["DRONE_COMMIT_BRANCH"] = branch
            environment["DRONE_TARGET_BRANCH"] = branch
            environment["DRONE_SOURCE_BRANCH"] = trigger.event == .pullRequest ? nil : branch
        }
        if trigger.ref.hasPrefix("refs/tags/") {
            environment["DRONE_TAG"] = String(trigger.ref.dropFirst("refs/tags/".count))
        }
    }

    private func addRun(_ environment: inout [String: String]) {
        environment["DRONE_BUILD_NUMBER"] = "\(number)"
        environment["DRONE_BUILD_EVENT"] = trigger.event.rawValue
        environment["DRONE_BUILD_ACTION"] = trigger.action
        environment["DRONE_BUILD_TRIGGER"] = trigger.sender
        environment["DRONE_BUILD_CREATED"] = "\(createdAt.milliseconds / 1000)"
        environment["DRONE_BUILD_LINK"] = instanceURL.map { "\($0)/runs/\(run.rawValue)" }
        environment["DRONE_DEPLOY_TO"] = trigger.target
        environment["DRONE_CRON"] = trigger.cron
        environment["SLIPWAY_RUN_ID"] = run.rawValue
        environment["SLIPWAY_URL"] = instanceURL
    }

    private func addRepository(_ environment: inout [String: String]) {
        let path = trigger.repository.rawValue
        let parts = path.split(separator: "/")
        environment["DRONE_REPO"] = path
        environment["DRONE_REPO_NAME"] = parts.last.map(String.init)
        environment["DRONE_REPO_OWNER"] = parts.dropLast().joined(separator: "/")
        environment["DRONE_REPO_NAMESPACE"] = parts.dropLast().joined(separator: "/")
        environment["DRONE_REPO_BRANCH"] = defaultBranch
        environment["DRONE_REPO_SCM"] = "git"
        environment["DRONE_GIT_HTTP_URL"] = cloneURL
        environment["DRONE_REMOTE_URL"] = cloneURL
    }

    /// Whether a shell takes this for a variable's name.
    static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}

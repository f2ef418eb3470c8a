public import Contracts
import Text

/// What is known of a run, from which the variables are made that steps see; ``RunVariable`` says how. What is not
/// known yet is `nil`, and the variables that tell it are not set then.
public struct RunVariables: Sendable, Hashable {
    public var trigger: Trigger
    public var commit: Commit?
    public var run: RunID?
    /// The number of the run in its repository.
    public var number: Int?
    /// The platform's address, such as `https://slipway.example`.
    public var instanceURL: String?
    public var platformVersion: String?
    public var cloneURL: String?
    /// The forge the repository is kept with; what the hook tells wins.
    public var forge: Forge?
    public var defaultBranch: String?
    /// The account that started it by hand, or ran it again.
    public var startedBy: String?
    public var createdAt: Timestamp?
    public var startedAt: Timestamp?
    /// The place of the stage in its process, from 1.
    public var stageNumber: Int?
    public var stageStartedAt: Timestamp?

    public init(
        trigger: Trigger, commit: Commit? = nil, run: RunID? = nil, number: Int? = nil, instanceURL: String? = nil,
        platformVersion: String? = nil, cloneURL: String? = nil, forge: Forge? = nil,
        defaultBranch: String? = nil, startedBy: String? = nil, createdAt: Timestamp? = nil, startedAt: Timestamp? = nil
    ) {
        self.trigger = trigger
        self.commit = commit
        self.run = run
        self.number = number
        self.instanceURL = instanceURL
        self.platformVersion = platformVersion
        self.cloneURL = cloneURL
        self.forge = forge
        self.defaultBranch = defaultBranch
        self.startedBy = startedBy
        self.createdAt = createdAt
        self.startedAt = startedAt
    }

    /// The variables for the steps of a stage; without one, those that are the same for all.
    public func environment(stage: Stage? = nil) -> [String: String] {
        var environment: [String: String] = [:]
        for variable in RunVariable.all {
            guard case .run(let value) = variable.source else { continue }
            environment[variable.name] = value(self, stage)
        }
        for (name, value) in stage?.matrix ?? [:] where Self.isVariable(name) { environment[name] = value }
        return environment
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

/// What several variables are made from.
extension RunVariables {
    var tag: String? {
        trigger.ref.hasPrefix("refs/tags/") ? String(trigger.ref.dropFirst("refs/tags/".count)) : nil
    }

    /// A tag is on no branch, whatever else was said.
    var branch: String? { tag == nil ? trigger.branch : nil }

    var version: SemanticVersion? { tag.flatMap(SemanticVersion.init) }

    var versionProblem: String? {
        guard let tag, version == nil else { return nil }
        return "\(tag) is not a semantic version such as v1.2.3"
    }

    var calendarVersion: CalendarVersion? { tag.flatMap(CalendarVersion.init) }

    var message: String? { commit?.message ?? trigger.message }

    /// The first line of the message.
    var title: String? { message.map { String($0.prefix { !$0.endsLine }) } }

    /// The message without it, and without the blank line behind it.
    var description: String? {
        message.map { String($0.drop { !$0.endsLine }.drop { $0.endsLine }) }
    }

    var path: String? { trigger.repository.rawValue.nonEmpty }
    var pathParts: [String] { trigger.repository.rawValue.split(separator: "/").map(String.init) }
    var namespace: String? { path == nil ? nil : pathParts.dropLast().joined(separator: "/") }

    var instance: WebAddress? { instanceURL.flatMap(WebAddress.init) }
    var page: String? {
        guard let instanceURL, let run else { return nil }
        return PagePath.run.address(at: instanceURL, [run.rawValue])
    }

    /// Where the repository is fetched, without anybody's name or password in it.
    var publicCloneURL: String? {
        cloneURL.map { url in WebAddress(url).map { $0.url + $0.path } ?? url }
    }

    /// The repository's page: the forge's word, or the address it is fetched from without `.git`.
    var projectURL: String? {
        if let told = trigger.origin?.projectURL { return told }
        guard let clone = cloneURL.flatMap(WebAddress.init) else { return nil }
        return clone.url + (clone.path.hasSuffix(".git") ? String(clone.path.dropLast(4)) : clone.path)
    }

    var commitURL: String? {
        guard let projectURL, let commit else { return nil }
        return host.commitURL(of: commit.sha, projectURL: projectURL)
    }

    /// Where the repository is hosted: the hook's word, what is kept with the repository, or what its address says.
    var host: Forge {
        trigger.origin?.forge.flatMap(Forge.named) ?? forge ?? .guess(cloneURL: trigger.origin?.projectURL ?? cloneURL)
    }

    /// The forge, by the repository's page.
    var server: WebAddress? { projectURL.flatMap(WebAddress.init) }
}

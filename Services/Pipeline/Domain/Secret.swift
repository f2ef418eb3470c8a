import Contracts
import PipelineLanguage
import Text

/// Whose a secret is.
enum SecretOwner: Sendable, Hashable {
    case all
    /// All repositories below it, such as `shop` for `shop/web`.
    case group(String)
    case repository(RepositoryPath)

    /// As the store has it.
    var key: String {
        switch self {
        case .all: ""
        case .group(let group): "\(group)/"
        case .repository(let path): path.rawValue
        }
    }

    init(key: String) {
        if key.isEmpty {
            self = .all
        } else if key.hasSuffix("/") {
            self = .group(String(key.dropLast()))
        } else {
            self = .repository(RepositoryPath(rawValue: key))
        }
    }

    /// All whose secrets a repository may use, the nearest last.
    static func all(of path: RepositoryPath) -> [SecretOwner] {
        var owners = [SecretOwner.all]
        for index in path.rawValue.indices where path.rawValue[index] == "/" {
            owners.append(.group(String(path.rawValue[..<index])))
        }
        return owners + [.repository(path)]
    }

    /// The option of commands that names it, behind a space; empty for all.
    var option: String {
        switch self {
        case .all: ""
        case .group(let group): " --group=\(ShellWord.quote(group))"
        case .repository(let path): " --repo=\(ShellWord.quote(path.rawValue))"
        }
    }
}

/// A secret as it is kept: whose it is, and which jobs get it, whatever a repository's pipeline says.
struct Secret: Sendable, Equatable {
    var name: String
    var owner: SecretOwner
    var rules: SecretRules
    var sealed: SealedSecret
    var updatedAt: Timestamp

    var view: SecretView {
        var view = SecretView(name: name, rules: rules, updatedAt: updatedAt)
        switch owner {
        case .all: break
        case .group(let group): view.group = group
        case .repository(let path): view.repository = path
        }
        return view
    }

    /// What may ask for it: a job, as far as secrets are concerned.
    struct Receiver: Sendable, Equatable {
        var origin: RunOrigin
        /// The environment that it was granted for.
        var environment: String?
        /// Why it was granted for none, where it might have been.
        var refusal: String?
    }

    /// Why a job does not get it, with the command that changes that; `nil` where it does.
    func refusal(of receiver: Receiver) -> String? {
        let rule = OriginRule(refs: rules.refs, events: rules.events)
        if let refusal = rule.refusal(of: receiver.origin) {
            return "the secret “\(name)” is not for \(refusal.what)" + refusal.text(command)
        }
        guard !rules.environments.isEmpty else { return nil }
        if let environment = receiver.environment {
            guard !rules.environments.contains(environment) else { return nil }
            let options = (rules.environments + [environment]).map { " --environment=\(ShellWord.quote($0))" }
            return say("the environment “\(environment)”", rules.environments, options.joined())
        }
        return say(
            "a job that rolls out to no environment\(receiver.refusal.map { " (\($0))" } ?? "")",
            ["rollouts and promotions to \(rules.environments.joined(separator: ", "))"], " --environment ''")
    }

    private func say(_ what: String, _ entries: [String], _ options: String) -> String {
        "the secret “\(name)” is not for \(what), but for \(entries.joined(separator: ", ")); to let it: "
            + command + options
    }

    private var command: String { "slipway secret limit \(ShellWord.quote(name))\(owner.option)" }
}

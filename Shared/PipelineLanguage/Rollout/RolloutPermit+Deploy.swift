public import Contracts
import Text

/// Holds a `deploy` block to what its environment covers and allows: on the platform before the job is granted, and again
/// by the deployer, where all its texts are whole.
extension RolloutPermit {
    /// Why the rollout may not go where its step says, nor be what it says; `nil` where it may.
    /// - Parameters:
    ///   - own: The namespace of the cluster's configuration; `nil` where it is not known.
    ///   - isPartial: Whether texts may still have expressions in them, which only the deployer knows the values of: what
    ///     they are in is left to it.
    public func refusal(of deploy: Deploy, own: String?, isPartial: Bool = false) -> String? {
        guard deploy.environment == environment else {
            return "the step rolls out to the environment “\(deploy.environment)”, and it was granted “\(environment)”"
        }
        guard let workload = deploy.workload else {
            guard Self.covers(containers, deploy.container) else {
                return uncovered("container", deploy.container, containers)
            }
            return deploy.run.flatMap { refusal(of: $0, of: deploy.container, isPartial: isPartial) }
        }
        guard Self.covers(workloads, workload.description) else {
            return uncovered("workload", workload.description, workloads)
        }
        guard let namespace = deploy.namespace ?? own else { return nil }
        if namespaces.isEmpty, own == nil || namespace == own { return nil }
        if Self.covers(namespaces, namespace) { return nil }
        return uncovered("namespace", namespace, namespaces.isEmpty ? own.map { [$0] } ?? [] : namespaces)
    }

    private func uncovered(_ kind: String, _ name: String, _ patterns: [String]) -> String {
        "the environment “\(environment)” does not cover the \(kind) “\(name)” but \(Self.list(patterns)); to have it "
            + "covered: \(command(kind, patterns, [name]))"
    }

    func command(_ option: String, _ entries: [String], _ new: [String]) -> String {
        Self.command(environment, of: repository, option, entries, new)
    }

    /// The command that adds entries to a list of an environment.
    /// - Parameter repository: The one whose own rules they are to be in; `nil` for those for all.
    public static func command(
        _ environment: String, of repository: RepositoryPath?, _ option: String, _ entries: [String], _ new: [String]
    ) -> String {
        let whose = repository.map { " --for=\(ShellWord.quote($0.rawValue))" } ?? ""
        let options = (entries + new).map { " --\(option)=\(ShellWord.quote($0))" }
        return "slipway environment set \(ShellWord.quote(environment))\(whose)\(options.joined())"
    }

    /// Entries in words for people.
    public static func list(_ entries: [String]) -> String {
        entries.isEmpty ? "none" : entries.joined(separator: ", ")
    }

    /// Whether one of the globs matches; a pattern that is none matches nothing.
    public static func covers(_ patterns: [String], _ text: String) -> Bool {
        patterns.contains { pattern in
            do {
                return try Glob(pattern).matches(text)
            } catch {
                return false
            }
        }
    }
}

import Contracts
import PipelineLanguage

extension FactOptions {
    /// What a process means for what happened. Conditions may refer to parameters and to what is known of the run, so
    /// both are put in first; what nobody knows before a run stays as it is written.
    /// - Throws: ``CommandError`` for parameters the process does not have or allow.
    func plan(_ process: PipelineLanguage.Process) throws -> Plan {
        var parameters = process.parameters.compactMapValues(\.standard)
        if !values.isEmpty { parameters = try checkedValues(for: process) }
        let scope = Scope(environment: variables, parameters: parameters, isPartial: true)
        return Plan(try resolved(process, in: scope), facts: facts)
    }

    /// The process with what the scope knows in its place.
    func resolved(_ process: PipelineLanguage.Process, in scope: Scope) throws -> PipelineLanguage.Process {
        do throws(SubstitutionError) {
            return try process.resolved { _ in scope }
        } catch {
            throw CommandError("\(error)")
        }
    }

    /// The variables of the run, as far as the command line tells.
    private var variables: [String: String] {
        let facts = facts
        var variables = ["CI": "true", "DRONE": "true", "SLIPWAY": "true", "DRONE_BUILD_EVENT": facts.event.rawValue]
        variables["DRONE_BRANCH"] = facts.branch
        variables["DRONE_COMMIT_BRANCH"] = facts.branch
        variables["DRONE_TARGET_BRANCH"] = facts.branch
        variables["DRONE_COMMIT_REF"] = facts.ref.isEmpty ? nil : facts.ref
        if facts.ref.hasPrefix("refs/tags/") {
            variables["DRONE_TAG"] = String(facts.ref.dropFirst("refs/tags/".count))
        }
        variables["DRONE_BUILD_ACTION"] = facts.action
        variables["DRONE_DEPLOY_TO"] = facts.target
        variables["DRONE_CRON"] = facts.cron
        variables["DRONE_COMMIT_MESSAGE"] = facts.message
        if !facts.repository.isEmpty {
            variables["DRONE_REPO"] = facts.repository
            variables["DRONE_REPO_NAME"] = facts.repository.split(separator: "/").last.map(String.init)
        }
        return variables
    }
}

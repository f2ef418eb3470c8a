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
        return Plan(try resolved(process, in: scope, settles: true), facts: facts)
    }

    /// The process with what the scope knows in its place.
    /// - Parameter settles: Whether it is planned then, and not only written.
    func resolved(
        _ process: PipelineLanguage.Process, in scope: Scope, settles: Bool
    ) throws -> PipelineLanguage.Process {
        do throws(SubstitutionError) {
            return try process.resolved(settles: settles) { _ in scope }
        } catch {
            throw CommandError("\(error)")
        }
    }

    /// The variables of the run, as far as the command line tells.
    private var variables: [String: String] {
        let facts = facts
        let trigger = Trigger(
            id: MessageID(rawValue: ""), event: facts.event, action: facts.action,
            repository: RepositoryPath(rawValue: facts.repository), ref: facts.ref, branch: facts.branch,
            message: facts.message, target: facts.target, cron: facts.cron)
        return RunVariables(trigger: trigger).environment()
    }
}

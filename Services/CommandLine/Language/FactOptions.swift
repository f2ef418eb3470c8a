import ArgumentParser
import Contracts
import PipelineLanguage

/// What happened, for commands that ask what a pipeline would do about it.
struct FactOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "push, tag, promote, rollback, custom, cron, or pull_request, which starts no runs yet.",
            valueName: "event"))
    var event: String?

    @Option(help: "The pushed branch, or the target of a merge request.")
    var branch: String?

    @Option(help: "The tag; makes the event a tag unless --event says otherwise.")
    var tag: String?

    @Option(help: ArgumentHelp("The whole ref, such as refs/heads/main.", valueName: "ref"))
    var ref: String?

    @Option(help: ArgumentHelp("The repository, such as shop/web.", valueName: "repo"))
    var repo: String = ""

    @Option(help: "The environment of a promotion or rollback.")
    var target: String?

    @Option(help: "The name of the schedule.")
    var cron: String?

    @Option(help: "What happened to the merge request: opened, synchronized, …")
    var action: String?

    @Option(help: ArgumentHelp("The platform's host name.", valueName: "host"))
    var instance: String?

    @Option(
        name: .customLong("changed"), help: ArgumentHelp("A path the commit changed; repeat it.", valueName: "path"))
    var changedPaths: [String] = []

    @Option(help: "The commit's message, which may ask to be skipped.")
    var message: String?

    @Option(name: .customLong("param"), help: ArgumentHelp("A parameter's value; repeat it.", valueName: "name=value"))
    var parameters: [String] = []

    /// Whether anything at all is said of what happened.
    var isGiven: Bool {
        event != nil || branch != nil || tag != nil || ref != nil || target != nil || cron != nil || action != nil
            || !changedPaths.isEmpty || message != nil || !repo.isEmpty || instance != nil
    }

    func validate() throws {
        _ = try ParameterOptions.values(parameters)
        if let event, Event(rawValue: event) == nil {
            let events = Event.allCases.map(\.rawValue).sorted().joined(separator: ", ")
            throw ValidationError("--event \(event): there is no such event; there are \(events).")
        }
    }

    var facts: Facts {
        let assumed: Event = tag != nil ? .tag : cron != nil ? .cron : target != nil ? .promote : .push
        let event = event.flatMap(Event.init(rawValue:)) ?? assumed
        let branch = branch ?? (event == .tag || tag != nil ? nil : "main")
        let ref = ref ?? tag.map { "refs/tags/\($0)" } ?? branch.map { "refs/heads/\($0)" } ?? ""
        return Facts(
            event: event, action: action, branch: branch, ref: ref, repository: repo, instance: instance,
            target: target, cron: cron, changedPaths: changedPaths.isEmpty ? nil : changedPaths, message: message)
    }

    /// `name=value` taken apart; of equal names the last counts.
    var values: [String: String] { (try? ParameterOptions.values(parameters)) ?? [:] }

    /// The value of every parameter of a process.
    func checkedValues(for process: PipelineLanguage.Process) throws -> [String: String] {
        do throws(ParameterError) {
            return try process.parameterValues(given: values)
        } catch {
            throw CommandError("the parameters are wrong", details: error.problems.map(\.text), isUsage: true)
        }
    }
}

/// What a process means for one event: which stages and steps take part, which do not and why, and how the work is
/// cut into jobs. A function of the process and the facts alone; what happens then is the ``Planner``'s.
public struct Plan: Sendable, Hashable {
    public let process: Process
    public let facts: Facts
    /// Why there is no run at all, or `nil`.
    public let refusal: SkipReason?
    /// One for each stage of the process, in its order.
    public let stages: [PlannedStage]

    /// What matching patterns may take over a whole plan, in states looked at: both the patterns and the paths they are
    /// held against come from whoever pushes.
    static let mostWork = 100_000_000

    public init(_ process: Process, facts: Facts) {
        self.init(process, facts: facts, work: Self.mostWork)
    }

    init(_ process: Process, facts: Facts, work: Int) {
        self.process = process
        self.facts = facts
        let refusal = facts.refusal
        self.refusal = refusal

        let graph = DependencyGraph(
            names: process.stages.map(\.name), dependsOn: process.stages.map(\.dependsOn))
        let broken = Self.broken(process.stages, graph)
        var work = work
        var stages = process.stages.enumerated().map { number, stage in
            PlannedStage(
                stage, facts: facts,
                refusal: refusal ?? broken[number] ?? stage.trigger.refusal(facts, word: "trigger", work: &work),
                work: &work)
        }
        let spliced = graph.spliced(keeping: stages.map { $0.skipped == nil })
        for number in stages.indices {
            stages[number].dependencies = spliced[number]
            stages[number].dependsOn = spliced[number].map { process.stages[$0].name }
        }
        self.stages = stages
        order = graph.order + stages.indices.filter { broken[$0] != nil && !graph.order.contains($0) }
    }

    /// The stages by number, each after those it waits for.
    let order: [Int]

    /// A stage of the process as its jobs run it: without the services that do not take part.
    /// - Parameter number: The stage's, in the process.
    public func stageToRun(_ number: Int) -> Stage {
        var stage = process.stages[number]
        let skipped = Set(stages[number].services.filter { $0.skipped != nil }.map(\.name))
        if !skipped.isEmpty { stage.services.removeAll { skipped.contains($0.name) } }
        return stage
    }

    /// Whether nothing takes part.
    public var isEmpty: Bool { stages.allSatisfy { $0.skipped != nil } }

    /// The stage of this name, or `nil`.
    public func stage(_ name: String) -> PlannedStage? { stages.first { $0.name == name } }

    private static func broken(_ stages: [Stage], _ graph: DependencyGraph) -> [Int: SkipReason] {
        var reasons: [Int: SkipReason] = [:]
        if graph.order.count < stages.count {
            let path = graph.cycle?.map { stages[$0].name }.joined(separator: " → ") ?? ""
            let ordered = Set(graph.order)
            for number in stages.indices where !ordered.contains(number) {
                reasons[number] = SkipReason(.broken, "it waits for itself: \(path)")
            }
        }
        var seen = Set<String>()
        for (number, stage) in stages.enumerated() where !seen.insert(stage.name).inserted {
            reasons[number] = SkipReason(.broken, "an earlier stage has the same name")
        }
        return reasons
    }
}

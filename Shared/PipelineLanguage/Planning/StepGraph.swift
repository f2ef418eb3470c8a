/// The order of a stage's steps.
///
/// Where no step has `depends_on`, each waits for the one before it. As soon as one has it (an empty list counts),
/// a step waits for the steps it names and for nothing else. Services and the clone come before all of them.
struct StepGraph: Sendable {
    let steps: [Step]
    let graph: DependencyGraph
    /// The number of each name; of equal names the first.
    let numbers: [String: Int]
    private let services: [Step]

    init(_ stage: Stage) {
        steps = stage.steps
        services = stage.services
        var numbers: [String: Int] = [:]
        numbers.reserveCapacity(steps.count)
        for number in steps.indices where numbers[steps[number].name] == nil { numbers[steps[number].name] = number }
        self.numbers = numbers
        if steps.contains(where: { $0.dependsOn != nil }) {
            graph = DependencyGraph(numbers: numbers, dependsOn: steps.lazy.map { $0.dependsOn ?? [] })
        } else {
            graph = DependencyGraph(dependencies: steps.indices.map { $0 == 0 ? [] : [$0 - 1] })
        }
    }

    /// What makes a step impossible to run, by number: it is behind a cycle or has the name of an earlier one
    /// or of a service.
    var broken: [Int: SkipReason] {
        var reasons: [Int: SkipReason] = [:]
        if graph.order.count < steps.count {
            let path = graph.cycle?.map { steps[$0].name }.joined(separator: " → ") ?? ""
            let ordered = Set(graph.order)
            for number in steps.indices where !ordered.contains(number) {
                reasons[number] = SkipReason(.broken, "it waits for itself: \(path)")
            }
        }
        for service in services {
            guard let number = numbers[service.name] else { continue }
            reasons[number] = SkipReason(.broken, "a service has the same name")
        }
        guard numbers.count < steps.count else { return reasons }
        for number in steps.indices where numbers[steps[number].name] != number {
            reasons[number] = SkipReason(.broken, "an earlier step has the same name")
        }
        return reasons
    }
}

/// Variables that refer to each other.
extension TextResolver {
    /// An `environment` with its expressions replaced, whose variables the texts after it may then refer to. A variable
    /// may use others of the same environment, whatever their order; one that uses its own name means that of the
    /// environment around.
    /// - Parameter layer: The pipeline's or the step's.
    mutating func environment(
        _ values: [String: Value], of layer: WritableKeyPath<Scope, Scope.Variables>
    ) throws(SubstitutionError) -> [String: Value] {
        var resolved: [String: Value] = [:]
        for name in try order(of: values, layer) {
            let value = try self.value(values[name], "environment.\(name)")
            resolved[name] = value
            guard case .text(let text)? = value else {
                scope[keyPath: layer].secrets.insert(name)
                continue
            }
            if !scope.isPartial {
                scope[keyPath: layer].texts[name] = text
            } else if Substitution.hasExpression(text) {
                scope[keyPath: layer].pending.insert(name)
            } else {
                scope[keyPath: layer].texts[name] = Substitution.settled(text)
            }
        }
        return resolved
    }

    /// The names of variables, each after those it uses.
    func order(
        of values: [String: Value], _ layer: WritableKeyPath<Scope, Scope.Variables>
    ) throws(SubstitutionError) -> [String] {
        let names = values.keys.sorted()
        let uses = names.map { name -> [String] in
            guard case .text(let text)? = values[name] else { return [] }
            return Substitution.names(in: text).filter { used in
                used != name && values[used] != nil && (layer == \Scope.step || !scope.winsOverPipeline(used))
            }
        }
        guard uses.contains(where: { !$0.isEmpty }) else { return names }
        let graph = DependencyGraph(names: names, dependsOn: uses)
        if let cycle = graph.cycles.first, let first = cycle.first {
            let circle = cycle.map { names[$0] }.joined(separator: " → ")
            throw SubstitutionError(
                code: .cycle, expression: "${\(names[first])}", problem: "variables refer to each other: \(circle)",
                field: "environment")
        }
        return graph.order.map { names[$0] }
    }
}

extension Scope {
    /// Whether a name means something else than the pipeline's variable.
    fileprivate func winsOverPipeline(_ name: String) -> Bool {
        parameters[name] != nil || matrix[name] != nil || Self.isOfRun(name) && environment[name] != nil
    }
}

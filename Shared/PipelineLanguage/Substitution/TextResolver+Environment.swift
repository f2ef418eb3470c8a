/// Variables that refer to each other.
extension TextResolver {
    /// An `environment` with its expressions replaced, whose variables the texts after it may then refer to. A variable
    /// may use others of the same environment, whatever their order; one that uses its own name means that of the
    /// environment around.
    mutating func environment(
        _ values: [String: Value], _ field: String
    ) throws(SubstitutionError) -> [String: Value] {
        var resolved: [String: Value] = [:]
        for name in try order(of: values, field) {
            let value = try self.value(values[name], "\(field).\(name)")
            resolved[name] = value
            scope.variables[name] = nil
            scope.pendingVariables.remove(name)
            scope.secretVariables.remove(name)
            guard case .text(let text)? = value else {
                scope.secretVariables.insert(name)
                continue
            }
            if !scope.isPartial {
                scope.variables[name] = text
            } else if Substitution.hasExpression(text) {
                scope.pendingVariables.insert(name)
            } else {
                scope.variables[name] = Substitution.settled(text)
            }
        }
        return resolved
    }

    /// The names of variables, each after those it uses.
    func order(of values: [String: Value], _ field: String) throws(SubstitutionError) -> [String] {
        let names = values.keys.sorted()
        let uses = names.map { name -> [String] in
            guard case .text(let text)? = values[name] else { return [] }
            return Substitution.names(in: text).filter { $0 != name && values[$0] != nil && !scope.isKnown($0) }
        }
        guard uses.contains(where: { !$0.isEmpty }) else { return names }
        let graph = DependencyGraph(names: names, dependsOn: uses)
        if let cycle = graph.cycles.first, let first = cycle.first {
            let circle = cycle.map { names[$0] }.joined(separator: " → ")
            throw SubstitutionError(
                code: .cycle, expression: "${\(names[first])}", problem: "variables refer to each other: \(circle)",
                field: field)
        }
        return graph.order.map { names[$0] }
    }
}

extension Scope {
    /// Whether a name means a parameter, a value of the matrix or a variable of the run, whatever variables there are.
    fileprivate func isKnown(_ name: String) -> Bool {
        parameters[name] != nil || matrix[name] != nil || environment[name] != nil
    }
}

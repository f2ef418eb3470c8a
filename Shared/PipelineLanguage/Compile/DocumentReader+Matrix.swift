/// Variants of a pipeline.
enum Matrix {
    struct Combination {
        var values: [String: String]
        /// Whether there is a matrix at all.
        var isGiven: Bool
        /// The values in the order of the file: `1.22, linux`.
        var label = ""
    }
}

extension DocumentReader {
    /// The combinations of a `matrix`: every value of every axis with every other, without those excluded, and those
    /// included besides. A mapping of plain values is one combination that is already chosen.
    func matrix(_ node: SourceNode) -> [Matrix.Combination] {
        guard case .map(let entries) = node.content else {
            sink.error(.wrongType, "“matrix” is a mapping of names to lists, not \(node.kindName)", at: node)
            return []
        }
        let isChosen = entries.allSatisfy { plainText($0.value) != nil && $0.key != "include" && $0.key != "exclude" }
        if isChosen {
            return [Matrix.Combination(values: textMap(node, "“matrix”"), isGiven: false)]
        }
        var axes: [(name: String, values: [String])] = []
        var included: [[(String, String)]] = []
        var excluded: [[(String, String)]] = []
        for entry in entries {
            switch entry.key {
            case "include": included = variants(entry.value, "“include”")
            case "exclude": excluded = variants(entry.value, "“exclude”")
            default:
                guard RunVariables.isVariable(entry.key) else {
                    sink.error(
                        .badValue, "an axis has a name of letters, digits and “_”, not “\(entry.key)”",
                        at: entry.keyMark, length: entry.key.unicodeScalars.count)
                    continue
                }
                var seen = Set<String>()
                let values = texts(entry.value, "“\(entry.key)”").filter { seen.insert($0).inserted }
                if values.isEmpty {
                    sink.error(.badValue, "the axis “\(entry.key)” has no value", at: entry.keyMark)
                }
                axes.append((entry.key, values))
            }
        }
        return combine(axes, included: included, excluded: excluded, at: node)
    }

    private func variants(_ node: SourceNode, _ what: String) -> [[(String, String)]] {
        elements(node).compactMap { element in
            guard case .map(let entries) = element.content else {
                sink.error(.wrongType, "each of \(what) is a mapping of names to values", at: element)
                return nil
            }
            return entries.compactMap { entry in
                text(entry.value, "“\(entry.key)”").map { (entry.key, $0) }
            }
        }
    }

    private func combine(
        _ axes: [(name: String, values: [String])], included: [[(String, String)]],
        excluded: [[(String, String)]], at node: SourceNode
    ) -> [Matrix.Combination] {
        // Counted before it is made.
        var count = axes.isEmpty ? 0 : 1
        for axis in axes { count = min(count * axis.values.count, limits.combinations + 1) }
        guard count + included.count <= limits.combinations else {
            sink.error(.limit, "the matrix has more than \(limits.combinations) combinations", at: node)
            return []
        }
        var combinations: [[(String, String)]] = axes.isEmpty ? [] : [[]]
        for axis in axes {
            combinations = combinations.flatMap { combination in
                axis.values.map { combination + [(axis.name, $0)] }
            }
        }
        combinations.removeAll { combination in
            excluded.contains { variant in
                !variant.isEmpty && variant.allSatisfy { pair in combination.contains { $0 == pair } }
            }
        }
        for variant in included
        where !variant.isEmpty && !combinations.contains(where: { $0.elementsEqual(variant, by: ==) }) {
            combinations.append(variant)
        }
        if combinations.isEmpty, axes.allSatisfy({ !$0.values.isEmpty }) {
            sink.error(.badValue, "the matrix has no combination", at: node)
        }
        return combinations.map { combination in
            Matrix.Combination(
                values: Dictionary(combination, uniquingKeysWith: { _, last in last }), isGiven: true,
                label: combination.map(\.1).joined(separator: ", "))
        }
    }

    /// Whether a document has few enough values to be read so often.
    func fits(_ document: SourceNode, times: Int) -> Bool {
        guard times > 1 else { return true }
        // A text with an expression counts for its length too: each pipeline has its own.
        var left = limits.nodes / times
        count(document, &left)
        guard left < 0 else { return true }
        sink.error(
            .limit, "the matrix makes \(times) pipelines with more than \(limits.nodes) values together", at: document)
        return false
    }

    private func count(_ node: SourceNode, _ left: inout Int) {
        left -= 1
        guard left >= 0 else { return }
        switch node.content {
        case .null: break
        case .scalar(let scalar):
            if scalar.text.utf8.contains(UInt8(ascii: "$")) { left -= scalar.text.utf8.count / 10 }
        case .list(let elements): for element in elements { count(element, &left) }
        case .map(let entries): for entry in entries where entry.key != "matrix" { count(entry.value, &left) }
        }
    }

    /// Where a shell may read texts. What is not plain waits there until it is known whether one does.
    private static let scripts: Set<String> = ["commands", "command", "entrypoint", "healthcheck", "health", "ready"]

    /// The document with the names of the matrix replaced by their values, everywhere but in the matrix itself.
    func substitute(_ values: [String: String], in node: SourceNode) -> SourceNode {
        var node = node
        switch node.content {
        case .null: break
        case .list(let elements): node.content = .list(elements.map { substitute(values, in: $0) })
        case .map(let entries):
            node.content = .map(
                entries.map { entry in
                    guard entry.key != "matrix" else { return entry }
                    var entry = entry
                    let isScript = Self.scripts.contains(entry.key)
                    let values = isScript ? values.filter { ShellValues.isPlain($0.value) } : values
                    entry.value = substitute(values, in: entry.value)
                    return entry
                })
        case .scalar(let scalar):
            guard scalar.text.utf8.contains(UInt8(ascii: "$")) else { break }
            do throws(SubstitutionError) {
                // Of others some have no second pass, which would make one dollar of two.
                let scope = Scope(matrix: values.filter { !$0.value.utf8.contains(UInt8(ascii: "$")) }, isPartial: true)
                let names = Substitution.names(in: scalar.text)
                guard names.contains(where: { scope.isOfMatrix($0) }) else { break }
                let text = try Substitution.apply(to: scalar.text, in: scope, budget: budget)
                guard text != scalar.text else { break }
                let isPlain = !scalar.isQuoted && scalar.kind == .text && !text.contains("\n")
                node.content =
                    isPlain
                    ? PlainScalar.content(text)
                    : .scalar(SourceScalar(text: text, kind: .text, isQuoted: scalar.isQuoted))
            } catch {
                sink.error(error.code == .tooLarge ? .limit : .unknownName, error.description, at: node)
            }
        }
        return node
    }
}

import Yams

/// Reads the documents of a YAML text.
struct YAMLSource {
    private let sink: DiagnosticSink
    private let limits: SourceLimits
    private var nodes = 0

    private init(sink: DiagnosticSink, limits: SourceLimits) {
        self.sink = sink
        self.limits = limits
    }

    /// The documents that hold something. What cannot be read is reported to the sink.
    static func documents(of text: String, sink: DiagnosticSink, limits: SourceLimits) -> [SourceNode] {
        guard !YAMLGuard.isSuspicious(text) else {
            sink.error(
                .limit, "aliases as keys of mappings are not read in a document with many aliases", at: .start)
            return []
        }
        guard !YAMLGuard.hasManyDirectives(text) else {
            sink.error(.limit, "the document has too many lines that begin with “%”", at: .start)
            return []
        }
        var source = YAMLSource(sink: sink, limits: limits)
        var documents: [SourceNode] = []
        do {
            // The scalars are interpreted here: Yams would do it with regular expressions and for every key.
            let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
            while let root = try parser.nextRoot() {
                guard let document = source.node(root, depth: 0) else { return documents }
                if document.content != .null { documents.append(document) }
            }
        } catch {
            source.report(error)
        }
        return documents
    }

    /// A node of our own, or `nil` once a limit is passed (and reported).
    private mutating func node(_ node: Node, depth: Int) -> SourceNode? {
        let mark = SourceMark(line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        nodes += 1
        guard nodes <= limits.nodes else {
            sink.error(
                .limit, "the document has more than \(limits.nodes) values, counting each use of an alias", at: mark)
            return nil
        }
        guard depth < limits.depth else {
            sink.error(.limit, "the document nests deeper than \(limits.depth) levels", at: mark)
            return nil
        }
        switch node {
        case .scalar(let scalar): return self.scalar(scalar, mark)
        case .sequence(let sequence):
            var elements: [SourceNode] = []
            for element in sequence {
                guard let element = self.node(element, depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return SourceNode(content: .list(elements), mark: mark)
        case .mapping(let mapping): return map(mapping, mark, depth: depth)
        case .alias: return SourceNode(content: .null, mark: mark)
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ mark: SourceMark) -> SourceNode? {
        guard scalar.string.utf8.count <= limits.scalarBytes else {
            sink.error(.limit, "a text has more than \(limits.scalarBytes) bytes", at: mark)
            return nil
        }
        let isPlain = scalar.style == .plain && scalar.tag.rawValue != Tag.Name.str.rawValue
        let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
        return SourceNode(
            content: isPlain
                ? PlainScalar.content(scalar.string)
                : .scalar(SourceScalar(text: scalar.string, kind: .text, isQuoted: isQuoted)),
            mark: mark)
    }

    private mutating func map(_ mapping: Node.Mapping, _ mark: SourceMark, depth: Int) -> SourceNode? {
        var entries: [SourceEntry] = []
        var merged: [SourceEntry] = []
        for (key, value) in mapping {
            let keyMark = SourceMark(line: key.mark?.line ?? mark.line, column: key.mark?.column ?? mark.column)
            guard case .scalar(let name) = key else {
                sink.error(.wrongType, "a key is text, not a list or mapping", at: keyMark)
                continue
            }
            guard let value = node(value, depth: depth + 1) else { return nil }
            if name.string == "<<", name.style == .plain {
                guard merge(value, into: &merged) else { return nil }
            } else {
                entries.append(SourceEntry(key: name.string, keyMark: keyMark, value: value))
            }
        }
        if !merged.isEmpty {
            let own = Set(entries.map(\.key))
            entries += merged.filter { !own.contains($0.key) }
        }
        return SourceNode(content: .map(entries), mark: mark)
    }

    /// `<<`: the members of a mapping, or of each in a list, the first that has a key counts.
    private mutating func merge(_ value: SourceNode, into merged: inout [SourceEntry]) -> Bool {
        switch value.content {
        case .map(let entries):
            nodes += entries.count
            guard nodes <= limits.nodes else {
                sink.error(.limit, "the document has more than \(limits.nodes) values, counting each merge", at: value)
                return false
            }
            var seen = Set(merged.map(\.key))
            merged += entries.filter { seen.insert($0.key).inserted }
            return true
        case .list(let elements): return elements.allSatisfy { merge($0, into: &merged) }
        case .null: return true
        case .scalar:
            sink.error(.wrongType, "“<<” merges a mapping or a list of mappings, not \(value.kindName)", at: value)
            return true
        }
    }

    private func report(_ error: any Error) {
        guard let error = error as? YamlError else {
            sink.error(.syntax, "this is no YAML: \(error)", at: .start)
            return
        }
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            if let context, problem.contains("unexpected end of stream") {
                // It is the beginning of the text that has to be looked at, not the end of the file.
                sink.error(
                    .syntax, "this is no YAML: a text that begins here is not closed",
                    at: SourceMark(line: context.mark.line, column: context.mark.column))
                return
            }
            let place = context.map { "\($0.text) (line \($0.mark.line)), " } ?? ""
            sink.error(.syntax, Self.explain(place + problem), at: SourceMark(line: mark.line, column: mark.column))
        case .reader(let problem, let offset, _, let yaml):
            sink.error(.encoding, "this is no YAML: \(problem)", at: Self.mark(offset: offset ?? 0, in: yaml))
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "“\($0)”" }.joined(separator: ", ")
            sink.error(
                .duplicate, "a mapping has the key \(names) twice",
                at: SourceMark(line: max(1, context.mark.line), column: max(1, context.mark.column)))
        case .no, .memory, .writer, .emitter, .representer, .dataCouldNotBeDecoded:
            sink.error(.syntax, "this is no YAML: \(error)", at: .start)
        }
    }

    /// The parser's words, with what they mostly mean.
    private static func explain(_ problem: String) -> String {
        var text = "this is no YAML: \(problem)"
        if problem.contains("tab character") {
            text += "; indent with spaces"
        } else if problem.contains("cannot start any token") {
            text += "; indent with spaces, and quote a text that begins with a special character"
        } else if problem.contains("mapping values are not allowed") {
            text += "; quote a text that has “: ” in it, or check the indentation"
        } else if problem.contains("did not find expected") || problem.contains("could not find expected ':'") {
            text += "; check the indentation, quotes and brackets above"
        } else if problem.contains("undefined alias") {
            text += "; an anchor (&name) comes before its alias (*name)"
        }
        return text
    }

    private static func mark(offset: Int, in text: String) -> SourceMark {
        var mark = SourceMark.start
        for character in text.prefix(offset) {
            if character.isNewline {
                mark.line += 1
                mark.column = 1
            } else {
                mark.column += character.unicodeScalars.count
            }
        }
        return mark
    }
}

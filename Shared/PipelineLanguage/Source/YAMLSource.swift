import Yams

/// Reads the documents of a YAML text.
struct YAMLSource {
    private let sink: DiagnosticSink
    private let limits: SourceLimits
    private let keys: RepeatedKeys
    private var nodes = 0

    /// What reading a text again and again, for keys that come twice, may take in bytes.
    private static let mostText = 2 << 20

    private init(keys: RepeatedKeys, sink: DiagnosticSink, limits: SourceLimits) {
        self.sink = sink
        self.limits = limits
        self.keys = keys
    }

    /// The documents that hold something, or `nil` (reported to the sink) where the text cannot be read to its end.
    static func documents(of text: String, sink: DiagnosticSink, limits: SourceLimits) -> [SourceNode]? {
        guard !YAMLGuard.hasManyDirectives(text) else {
            sink.error(.limit, "the document has too many lines that begin with “%”", at: .start)
            return nil
        }
        if let masked = YAMLGuard.withoutAliases(text) {
            guard let (parser, roots, _) = read(masked, of: text, sink) else { return nil }
            if let place = withExtendedLifetime(parser, { YAMLGuard.aliasInKey(of: roots) }) {
                sink.error(
                    .limit, "an alias as a key, or in one, is not read in a document with many aliases",
                    at: SourceMark(line: place.line, column: place.column))
                return nil
            }
        }
        guard let (parser, roots, keys) = read(text, of: text, sink) else { return nil }
        var source = YAMLSource(keys: keys, sink: sink, limits: limits)
        // Nodes hold their anchors weakly, the parser holds them.
        return withExtendedLifetime(parser) { source.documents(roots) }
    }

    /// What the library makes of a text, with keys that come twice under distinct names.
    /// - Parameter original: The text as its author knows it: what stands where is the same in both.
    private static func read(
        _ text: String, of original: String, _ sink: DiagnosticSink
    ) -> (parser: Parser, roots: [Node], keys: RepeatedKeys)? {
        var keys = RepeatedKeys(text)
        var read = 0
        while true {
            read += text.utf8.count
            do throws(YamlError) {
                // The scalars are interpreted here: Yams would do it with regular expressions and for every key.
                let parser = try parser(of: keys.text)
                return (parser, try roots(of: parser), keys)
            } catch {
                if case .duplicatedKeysInMapping(let duplicates, let context) = error, let key = duplicates.first,
                    read < mostText,
                    keys.rename(key, after: SourceMark(line: context.mark.line, column: context.mark.column))
                {
                    continue
                }
                YAMLProblem(error, in: original).report(to: sink)
                return nil
            }
        }
    }

    private static func parser(of text: String) throws(YamlError) -> Parser {
        do {
            return try Parser(yaml: text, resolver: .basic, encoding: .utf8)
        } catch let error as YamlError {
            throw error
        } catch {
            throw .representer(problem: "\(error)")
        }
    }

    private static func roots(of parser: Parser) throws(YamlError) -> [Node] {
        var roots: [Node] = []
        do {
            while let root = try parser.nextRoot() { roots.append(root) }
        } catch let error as YamlError {
            throw error
        } catch {
            throw .representer(problem: "\(error)")
        }
        return roots
    }

    private mutating func documents(_ roots: [Node]) -> [SourceNode]? {
        var documents: [SourceNode] = []
        for root in roots {
            guard let document = node(root, depth: 0) else { return nil }
            for part in parts(of: document) where part.content != .null { documents.append(part) }
        }
        return documents
    }

    /// Where the line `---` between two documents is missing, all their keys are in one mapping. What comes twice then
    /// begins the next document.
    private func parts(of document: SourceNode) -> [SourceNode] {
        guard case .map(let entries) = document.content else { return [document] }
        var parts: [[SourceEntry]] = []
        var part: [SourceEntry] = []
        var seen = Set<String>()
        let repeated = Self.repeated(entries)
        let isTwo = repeated.contains("kind") || repeated.isSuperset(of: ["name", "steps"])
        for entry in entries {
            if isTwo, seen.contains(entry.key), seen.contains("steps") || entry.key == "kind" {
                if let first = part.first { sink.unfinished.insert(first.keyMark) }
                parts.append(part)
                part = []
                seen = []
                sink.error(
                    .syntax, "a second document begins here: put a line “---” before it", at: entry.keyMark,
                    length: entry.key.unicodeScalars.count)
            }
            seen.insert(entry.key)
            part.append(entry)
        }
        parts.append(part)
        return parts.map { part in
            SourceNode(
                content: .map(unique(part)), mark: part.first?.keyMark ?? document.mark,
                hasAnchor: part.contains { $0.value.hasAnchor })
        }
    }

    private static func repeated(_ entries: [SourceEntry]) -> Set<String> {
        var seen = Set<String>()
        return Set(entries.map(\.key).filter { !seen.insert($0).inserted })
    }

    /// The entries, of those with the same key one.
    private func unique(_ entries: [SourceEntry]) -> [SourceEntry] {
        var places: [String: (index: Int, line: Int)] = [:]
        var kept: [SourceEntry] = []
        for entry in entries {
            guard let first = places[entry.key] else {
                places[entry.key] = (kept.count, entry.keyMark.line)
                kept.append(entry)
                continue
            }
            sink.error(
                .duplicate, "the key “\(entry.key)” is here a second time; the first is in line \(first.line)",
                at: entry.keyMark, length: entry.key.unicodeScalars.count)
            sink.repeats.append(entry)
            if sink.takesRepeats { kept[first.index] = entry }
        }
        return kept
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
            return SourceNode(
                content: .list(elements), mark: mark,
                hasAnchor: node.anchor != nil || elements.contains(where: \.hasAnchor))
        case .mapping(let mapping): return map(mapping, mark, depth: depth)
        case .alias: return SourceNode(content: .null, mark: mark)
        }
    }

    private func scalar(_ scalar: Node.Scalar, _ mark: SourceMark) -> SourceNode? {
        guard scalar.string.utf8.count <= limits.scalarBytes else {
            sink.error(.limit, "a text has more than \(limits.scalarBytes) bytes", at: mark)
            return nil
        }
        let tag = scalar.tag.rawValue
        if tag.hasPrefix("!"), scalar.style == .plain {
            // An empty value is what is left of `!main`, and means something else than it says.
            let text = scalar.string.isEmpty ? tag : "\(tag) \(scalar.string)"
            sink.error(
                .syntax, "“\(tag)” is a tag to YAML; put a text that begins with “!” in quotes: \"\(text)\"", at: mark)
        }
        let isPlain = scalar.style == .plain && tag != Tag.Name.str.rawValue
        let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
        return SourceNode(
            content: isPlain
                ? PlainScalar.content(scalar.string)
                : .scalar(SourceScalar(text: scalar.string, kind: .text, isQuoted: isQuoted)),
            mark: mark, hasAnchor: scalar.anchor != nil)
    }

    private mutating func map(_ mapping: Node.Mapping, _ mark: SourceMark, depth: Int) -> SourceNode? {
        var entries: [SourceEntry] = []
        var merged: [SourceEntry] = []
        for (key, value) in mapping {
            let keyMark = SourceMark(line: key.mark?.line ?? mark.line, column: key.mark?.column ?? mark.column)
            guard case .scalar(let name) = key else {
                if case .mapping(let inner) = key, inner.allSatisfy({ $0.value.string == "" }) {
                    return braces(at: mark)
                }
                sink.error(.wrongType, "a key is text, not a list or mapping", at: keyMark)
                continue
            }
            guard let value = node(value, depth: depth + 1) else { return nil }
            let text = keys.original(name.string) ?? name.string
            if text == "<<", name.style == .plain {
                // Of several “<<” a later one wins, as in Drone's reader; of a list the first.
                let before = merged
                merged = []
                guard merge(value, into: &merged) else { return nil }
                let own = Set(merged.map(\.key))
                merged += before.filter { !own.contains($0.key) }
            } else {
                entries.append(SourceEntry(key: text, keyMark: keyMark, value: value))
            }
        }
        let hasAnchor = mapping.anchor != nil || entries.contains { $0.value.hasAnchor }
        // Those of a document's own mapping are asked for when it is clear how many documents it is.
        if depth > 0 { entries = unique(entries) }
        if !merged.isEmpty {
            let own = Set(entries.map(\.key))
            entries += merged.filter { !own.contains($0.key) }
        }
        return SourceNode(content: .map(entries), mark: mark, hasAnchor: hasAnchor)
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

    /// `{{ image }}` is a mapping in a mapping to YAML, and meant as a text.
    private func braces(at mark: SourceMark) -> SourceNode {
        sink.error(
            .wrongType, "“{{” begins two mappings to YAML; put a text with “{{ … }}” in quotes", at: mark, length: 2)
        return SourceNode(content: .scalar(SourceScalar(text: "braces", kind: .text, isQuoted: true)), mark: mark)
    }
}

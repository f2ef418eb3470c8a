import Text

/// The fields of one mapping: takes them by name and tells afterwards which nobody asked for.
final class Fields {
    let sink: DiagnosticSink
    let mark: SourceMark
    /// What the mapping is, such as `a step`.
    let what: String
    /// Whether fields that hold nothing but anchors may be among them, as at the top of a document.
    private let mayHoldAnchors: Bool
    /// A mapping that people write has fewer keys; in others nobody looks for what was meant.
    private static let mostKeys = 100
    /// What is a field somewhere is not another one, mistyped.
    private static let words = Set(
        Stage.CodingKeys.allCases.map(\.rawValue) + Step.CodingKeys.allCases.map(\.rawValue)
            + Volume.CodingKeys.allCases.map(\.rawValue) + Mount.CodingKeys.allCases.map(\.rawValue)
            + Process.CodingKeys.allCases.map(\.rawValue))
    private let entries: [SourceEntry]
    private var isTaken: [Bool]
    private var known: [String] = []

    init(_ entries: [SourceEntry], _ mark: SourceMark, what: String, sink: DiagnosticSink, mayHoldAnchors: Bool = false)
    {
        self.entries = entries
        self.mark = mark
        self.what = what
        self.sink = sink
        self.mayHoldAnchors = mayHoldAnchors
        isTaken = [Bool](repeating: false, count: entries.count)
    }

    /// The field's value, or `nil` where it is absent or null.
    func take(_ key: String) -> SourceNode? {
        guard let entry = takeEntry(key) else { return nil }
        return entry.value.content == .null ? nil : entry.value
    }

    /// The field, also where its value is null. One that is only spelt in another way is reported and taken, too: then
    /// nothing else is wrong because of it.
    func takeEntry(_ key: String) -> SourceEntry? {
        known.append(key)
        if let index = entries.firstIndex(where: { $0.key == key }) {
            isTaken[index] = true
            return entries[index]
        }
        guard let index = entries.prefix(Self.mostKeys).firstIndex(where: { $0.key.isSpelling(of: key) }) else {
            return nil
        }
        isTaken[index] = true
        let entry = entries[index]
        sink.error(
            .unknownField, "\(what) has no field “\(entry.key)”; it is written “\(key)”", at: entry.keyMark,
            length: entry.key.unicodeScalars.count)
        return SourceEntry(key: key, keyMark: entry.keyMark, value: entry.value)
    }

    func has(_ key: String) -> Bool {
        entries.contains { $0.key == key } || entries.prefix(Self.mostKeys).contains { $0.key.isSpelling(of: key) }
    }

    /// Whether the field is there and not null.
    func isSet(_ key: String) -> Bool {
        entries.contains { ($0.key == key || $0.key.isSpelling(of: key)) && $0.value.content != .null }
    }

    /// A field that has to be there.
    /// - Parameter example: What it is, for a message.
    func require(_ key: String, _ example: String? = nil) -> SourceNode? {
        if let node = take(key) { return node }
        if isMistyped(key) { return nil }
        sink.error(.missingField, "\(what) needs a field “\(key)”\(example.map { ": \($0)" } ?? "")", at: mark)
        return nil
    }

    /// Whether a field that is absent is probably there under another name, which is told in its place.
    func isMistyped(_ key: String) -> Bool { mistyped(key) != nil }

    /// The value of a field under a name that is not quite its own; the name is still to be told.
    func mistyped(_ key: String) -> SourceNode? {
        guard !has(key) else { return nil }
        return entries.prefix(Self.mostKeys).first { entry in
            guard !known.contains(entry.key), !Self.words.contains(entry.key) || "\(entry.key)s" == key,
                !isHolder(entry)
            else { return false }
            return Nearest.name(to: entry.key, among: [key]) != nil
                || ForeignWords.hint(entry.key, in: what, beside: keys)?.contains("“\(key)”") == true
        }?.value
    }

    /// Whether there is a word of another format, which is told in its place.
    var hasForeignWord: Bool {
        entries.prefix(Self.mostKeys).contains {
            !known.contains($0.key) && ForeignWords.hint($0.key, in: what, beside: keys) != nil
        }
    }

    private var keys: [String] { entries.map(\.key) }

    /// Reports the fields nobody asked for.
    func finish() {
        for (index, entry) in entries.enumerated() where !isTaken[index] && !isHolder(entry) {
            sink.error(
                .unknownField, "\(what) has no field “\(entry.key)”\(hint(entry.key))", at: entry.keyMark,
                length: entry.key.unicodeScalars.count)
        }
    }

    /// The ways to keep anchors: fields that begin with `x-` or `.` mean nothing, nor do others of a document that have
    /// an anchor in them. But one that is nearly a field of the document which it lacks is that field, mistyped.
    private func isHolder(_ entry: SourceEntry) -> Bool {
        if entry.key.hasPrefix("x-") || entry.key.hasPrefix(".") { return true }
        guard mayHoldAnchors, entry.value.hasAnchor else { return false }
        return Nearest.name(to: entry.key, among: known).map(has) ?? true
    }

    private func hint(_ key: String) -> String {
        if let hint = ForeignWords.hint(key, in: what, beside: keys) { return "; \(hint)" }
        let nearest = Nearest.hint(key, among: known)
        guard nearest.isEmpty else { return nearest }
        return ForeignWords.isPlugin(what, entries) ? "; what a plugin is told is indented below “settings”" : ""
    }
}

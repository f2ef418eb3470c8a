/// The fields of one mapping: takes them by name and tells afterwards which nobody asked for.
final class Fields {
    let sink: DiagnosticSink
    let mark: SourceMark
    /// What the mapping is, such as `a step`.
    let what: String
    private let entries: [SourceEntry]
    private var isTaken: [Bool]
    private var known: [String] = []

    init(_ entries: [SourceEntry], _ mark: SourceMark, what: String, sink: DiagnosticSink) {
        self.entries = entries
        self.mark = mark
        self.what = what
        self.sink = sink
        isTaken = [Bool](repeating: false, count: entries.count)
    }

    /// The field's value, or `nil` where it is absent or null.
    func take(_ key: String) -> SourceNode? {
        guard let entry = takeEntry(key) else { return nil }
        return entry.value.content == .null ? nil : entry.value
    }

    /// The field, also where its value is null.
    func takeEntry(_ key: String) -> SourceEntry? {
        known.append(key)
        guard let index = entries.firstIndex(where: { $0.key == key }) else { return nil }
        isTaken[index] = true
        return entries[index]
    }

    func has(_ key: String) -> Bool { entries.contains { $0.key == key } }

    /// A field that has to be there.
    func require(_ key: String) -> SourceNode? {
        if let node = take(key) { return node }
        sink.error(.missingField, "\(what) needs a field “\(key)”", at: mark)
        return nil
    }

    /// Reports the fields nobody asked for.
    func finish() {
        for (index, entry) in entries.enumerated() where !isTaken[index] {
            // The way to keep anchors: fields that begin with `x-` or `.` mean nothing.
            if entry.key.hasPrefix("x-") || entry.key.hasPrefix(".") { continue }
            sink.error(
                .unknownField, "\(what) has no field “\(entry.key)”\(hint(entry.key))", at: entry.keyMark,
                length: entry.key.unicodeScalars.count)
        }
    }

    private func hint(_ key: String) -> String {
        ForeignWords.hint(key, in: what).map { "; \($0)" } ?? Nearest.hint(key, among: known)
    }
}

/// Collects diagnostics of one document, so that all of them are told at once.
final class DiagnosticSink {
    let file: String
    private let limits: SourceLimits
    /// The document's lines; cut apart when the first diagnostic asks.
    private let text: String
    private lazy var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    private(set) var diagnostics: [Diagnostic] = []
    /// How many errors there were, told or not.
    private(set) var errors = 0
    var hasErrors: Bool { errors > 0 }
    /// Errors and warnings each have their own room.
    private var counts: [Diagnostic.Severity: Int] = [:]
    /// Where `${…}` are, collected while reading.
    var references: [SourceReference] = []
    /// The variable whose value is being read.
    var definition: String?
    /// Whether a value is being read that may be a secret.
    var mayBeSecret = false
    /// Whether a condition is being read.
    var isInCondition = false
    /// What keys have that are in their mapping a second time.
    var repeats: [SourceEntry] = []
    /// Whether of such keys the last holds and not the first.
    let takesRepeats: Bool
    /// Where documents begin that end too early, which is told already.
    var unfinished: Set<SourceMark> = []

    init(file: String, text: String, limits: SourceLimits, takesRepeats: Bool = false) {
        self.takesRepeats = takesRepeats
        self.file = file
        self.text = text
        self.limits = limits
    }

    func error(
        _ code: Diagnostic.Code, _ message: @autoclosure () -> String, at mark: SourceMark, length: Int = 1
    ) {
        add(.error, code, message, mark, length)
    }

    func error(_ code: Diagnostic.Code, _ message: @autoclosure () -> String, at node: SourceNode) {
        add(.error, code, message, node.mark, node.length)
    }

    func warning(
        _ code: Diagnostic.Code, _ message: @autoclosure () -> String, at mark: SourceMark, length: Int = 1
    ) {
        add(.warning, code, message, mark, length)
    }

    func warning(_ code: Diagnostic.Code, _ message: @autoclosure () -> String, at node: SourceNode) {
        add(.warning, code, message, node.mark, node.length)
    }

    /// Whether more errors are not told: then nothing needs to be found out for them either.
    var isFull: Bool { counts[.error, default: 0] >= limits.diagnostics }

    /// The diagnostics in the order of the lines.
    var list: DiagnosticList {
        DiagnosticList(
            diagnostics.enumerated().sorted { left, right in
                (left.element.line, left.element.column, left.offset)
                    < (right.element.line, right.element.column, right.offset)
            }.map(\.element))
    }

    /// Takes over what another reading of the same text found.
    func include(_ others: [Diagnostic]) {
        for other in others where !diagnostics.contains(other) {
            if other.severity == .error { errors += 1 }
            guard counts[other.severity, default: 0] < limits.diagnostics else { continue }
            diagnostics.append(other)
            counts[other.severity, default: 0] += 1
        }
    }

    private func add(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, _ message: () -> String, _ mark: SourceMark,
        _ length: Int
    ) {
        if severity == .error { errors += 1 }
        guard counts[severity, default: 0] < limits.diagnostics else { return }
        let source = line(mark.line)
        let room = max(1, source.unicodeScalars.count - mark.column + 1)
        let diagnostic = Diagnostic(
            severity: severity, code: code, message: message(), file: file, line: mark.line, column: mark.column,
            length: min(max(1, length), room), source: source)
        // The same text may be reached twice, by an alias or by each combination of a matrix.
        guard !diagnostics.contains(diagnostic) else { return }
        diagnostics.append(diagnostic)
        counts[severity, default: 0] += 1
    }

    /// Where an expression is that a text has which begins at the mark: the text may be quoted, folded or have many
    /// lines, so it is looked for in the lines from there on.
    func place(of reference: SourceReference) -> (mark: SourceMark, length: Int) {
        let mark = reference.mark
        let wanted = Array(reference.source.utf8)
        guard mark.line >= 1, !wanted.isEmpty else { return (mark, 1) }
        // YAML ends lines at characters that are no line ends here, so a mark may be behind the last of them.
        let end = min(lines.count + 1, mark.line + reference.lines + 2)
        guard mark.line < end else { return (mark, 1) }
        for number in mark.line..<end {
            let line = lines[number - 1]
            guard let found = line.firstRange(of: wanted) else { continue }
            let column = line[..<found.lowerBound].reduce(1) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
            guard number > mark.line || column >= mark.column else { continue }
            return (SourceMark(line: number, column: column), reference.source.unicodeScalars.count)
        }
        return (mark, 1)
    }

    /// A line of the document, cut where it is very long.
    func line(_ number: Int) -> String {
        guard number >= 1, number <= lines.count else { return "" }
        let bytes = lines[number - 1].prefix(400)
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\r") ? String(text.dropLast()) : String(text.prefix(200))
    }
}

/// One `${…}` in a document.
struct SourceReference: Sendable, Hashable {
    var name: String
    var hasDefault: Bool
    /// Whether a shell sees the text and knows further names.
    var isScript: Bool
    /// Why the shell replaces nothing there.
    var literal: ShellScanner.Literal?
    /// Why it can never be replaced.
    var problem: String?
    /// The variable whose value it is in.
    var definition: String?
    /// Whether a secret could be in its place.
    var mayBeSecret = false
    /// Whether a shell takes it for a command's name.
    var isCommand = false
    /// The program that takes the text for code.
    var program: String?
    /// Whether it is asked before any step starts.
    var isInCondition = false
    /// As it is written.
    var source: String
    /// Where the text begins it is in, and how many lines that has.
    var mark: SourceMark
    var lines: Int
}

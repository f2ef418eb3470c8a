/// Collects diagnostics of one document, so that all of them are told at once.
final class DiagnosticSink {
    let file: String
    private let limits: SourceLimits
    /// The document's lines; cut apart when the first diagnostic asks.
    private let text: String
    private lazy var lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var hasErrors = false
    /// Where `${…}` are, collected while reading.
    var references: [SourceReference] = []

    init(file: String, text: String, limits: SourceLimits) {
        self.file = file
        self.text = text
        self.limits = limits
    }

    func error(_ code: Diagnostic.Code, _ message: String, at mark: SourceMark, length: Int = 1) {
        add(.error, code, message, mark, length)
    }

    func error(_ code: Diagnostic.Code, _ message: String, at node: SourceNode) {
        add(.error, code, message, node.mark, node.length)
    }

    func warning(_ code: Diagnostic.Code, _ message: String, at mark: SourceMark, length: Int = 1) {
        add(.warning, code, message, mark, length)
    }

    func warning(_ code: Diagnostic.Code, _ message: String, at node: SourceNode) {
        add(.warning, code, message, node.mark, node.length)
    }

    /// The diagnostics in the order of the lines.
    var list: DiagnosticList {
        DiagnosticList(
            diagnostics.enumerated().sorted { left, right in
                (left.element.line, left.element.column, left.offset)
                    < (right.element.line, right.element.column, right.offset)
            }.map(\.element))
    }

    private func add(
        _ severity: Diagnostic.Severity, _ code: Diagnostic.Code, _ message: String, _ mark: SourceMark, _ length: Int
    ) {
        if severity == .error { hasErrors = true }
        guard diagnostics.count < limits.diagnostics else { return }
        let source = line(mark.line)
        let room = max(1, source.unicodeScalars.count - mark.column + 1)
        let diagnostic = Diagnostic(
            severity: severity, code: code, message: message, file: file, line: mark.line, column: mark.column,
            length: min(max(1, length), room), source: source)
        // The same text may be reached twice, by an alias or by each combination of a matrix.
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }

    private func line(_ number: Int) -> String {
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
    /// Whether a shell sees the text and knows names of its own.
    var isScript: Bool
    var mark: SourceMark
}

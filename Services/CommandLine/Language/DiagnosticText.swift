import PipelineLanguage

/// Diagnostics as a person reads them.
enum DiagnosticText {
    /// The lines of one: where and what, the source line, the marker below it.
    static func lines(_ diagnostic: Diagnostic, style: Style) -> [String] {
        let isError = diagnostic.severity == .error
        let place = "\(diagnostic.file):\(diagnostic.line):\(diagnostic.column): "
        let severity = style.paint("\(diagnostic.severity.rawValue):", isError ? .bad : .notice)
        let plain = diagnostic.description.split(separator: "\n", omittingEmptySubsequences: false)
        var lines = [style.paint(place, .strong) + severity + " " + PlainText.singleLine(diagnostic.message)]
        for (index, line) in plain.dropFirst().enumerated() {
            let text = PlainText.singleLine(String(line))
            lines.append(index == 0 ? text : style.paint(text, isError ? .bad : .notice))
        }
        return lines
    }

    /// `2 errors and 1 warning`, or `nil` if there is nothing to tell.
    static func count(_ diagnostics: [Diagnostic]) -> String? {
        let errors = diagnostics.count { $0.severity == .error }
        let warnings = diagnostics.count - errors
        var parts: [String] = []
        if errors > 0 { parts.append(errors == 1 ? "1 error" : "\(errors) errors") }
        if warnings > 0 { parts.append(warnings == 1 ? "1 warning" : "\(warnings) warnings") }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }

    /// Says them on standard error.
    static func remark(_ diagnostics: [Diagnostic], style: Style) {
        for diagnostic in diagnostics { for line in lines(diagnostic, style: style) { Console.remark(line) } }
    }
}

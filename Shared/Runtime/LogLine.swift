import Logging
import Text

/// One line of a structured log, as logfmt (`level=info msg="…" run=…`) or as a JSON object. Control characters are
/// escaped in both, so that what a peer sends cannot forge a line.
struct LogLine {
    enum Format: String, CaseIterable, Sendable {
        case logfmt, json
    }

    var fields: [(name: String, value: String)]

    func rendered(_ format: Format) -> String {
        switch format {
        case .logfmt:
            fields.map { "\($0.name)=\(Self.needsQuotes($0.value) ? Self.quoted($0.value) : $0.value)" }
                .joined(separator: " ")
        case .json:
            "{" + fields.map { "\(Self.quoted($0.name)):\(Self.quoted($0.value))" }.joined(separator: ",") + "}"
        }
    }

    private static func needsQuotes(_ text: String) -> Bool {
        text.isEmpty || text.utf8.contains { $0 <= 0x20 || $0 == 0x22 || $0 == 0x3D || $0 == 0x5C || $0 == 0x7F }
    }

    private static func quoted(_ text: String) -> String {
        // The control characters beyond ASCII move a terminal's cursor too.
        "\"" + JSONEscape.escape(text) { (0x7F...0x9F).contains($0.value) } + "\""
    }
}

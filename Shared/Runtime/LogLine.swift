import Logging

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
        var output = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\r": output += "\\r"
            case "\t": output += "\\t"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value):
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }
}

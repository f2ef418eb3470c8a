extension Setting where Value == String {
    /// Any text that is not empty.
    public static func text(
        _ key: String, _ summary: String, example: String, default defaultValue: String? = nil, secret: Bool = false
    ) -> Setting {
        Setting(key, summary, example: example, default: defaultValue, secret: secret) { text in
            guard !text.isEmpty else { throw SettingProblem(expected: "a text that is not empty") }
            return text
        }
    }
}

extension Setting where Value == Int {
    /// A whole number in a range.
    public static func integer(
        _ key: String, _ summary: String, example: String, default defaultValue: Int? = nil, in range: ClosedRange<Int>
    ) -> Setting {
        Setting(key, summary, example: example, default: defaultValue) { text in
            guard let value = Int(text), range.contains(value) else {
                throw SettingProblem(expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return value
        }
    }
}

extension Setting where Value == Bool {
    /// `true` or `false`.
    public static func flag(_ key: String, _ summary: String, default defaultValue: Bool) -> Setting {
        Setting(key, summary, example: "true", default: defaultValue) { text in
            switch text.lowercased() {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw SettingProblem(expected: "true or false")
            }
        }
    }
}

extension Setting where Value == Duration {
    /// A time such as `500ms`, `30s`, `5m` or `2h`.
    public static func duration(
        _ key: String, _ summary: String, example: String = "30s", default defaultValue: Duration? = nil
    ) -> Setting {
        Setting(key, summary, example: example, default: defaultValue) { text in
            guard let value = Duration(setting: text) else {
                throw SettingProblem(expected: "a time such as 500ms, 30s, 5m or 2h")
            }
            return value
        }
    }
}

extension Setting where Value == [String] {
    /// Words separated by commas.
    public static func list(
        _ key: String, _ summary: String, example: String, default defaultValue: [String]? = nil
    ) -> Setting {
        Setting(key, summary, example: example, default: defaultValue) { text in
            text.split(separator: ",").map { $0.trimmed }.filter { !$0.isEmpty }
        }
    }
}

extension Setting where Value == ListenAddress {
    /// A host and a port to listen on.
    public static func listen(_ key: String, _ summary: String, default defaultValue: ListenAddress) -> Setting {
        Setting(key, summary, example: "0.0.0.0:8080", default: defaultValue) { text in
            guard let address = ListenAddress(text) else {
                throw SettingProblem(expected: "host:port, such as 127.0.0.1:8080")
            }
            return address
        }
    }
}

extension Setting where Value: RawRepresentable<String> & CaseIterable {
    /// One of the cases' raw values.
    public static func choice(_ key: String, _ summary: String, default defaultValue: Value) -> Setting {
        Setting(key, summary, example: defaultValue.rawValue, default: defaultValue) { text in
            guard let value = Value(rawValue: text) else {
                throw SettingProblem(expected: "one of \(Value.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            return value
        }
    }
}

/// Where a server listens.
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    public var host: String
    /// 0 lets the system choose.
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

extension Duration {
    init?(setting text: String) {
        let digits = text.prefix { $0.isNumber }
        guard let number = Int64(digits), number >= 0 else { return nil }
        switch text[digits.endIndex...] {
        case "ms": self = .milliseconds(number)
        case "s": self = .seconds(number)
        case "m": self = .seconds(number * 60)
        case "h": self = .seconds(number * 3600)
        default: return nil
        }
    }
}

extension StringProtocol {
    /// Without the white space at both ends.
    var trimmed: String {
        var text = self[...]
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}

/// One setting of a service: where it is read from, what it may be, and how it is explained.
///
/// The key `broker.url` is the flag `--broker-url`, the environment variable `SLIPWAY_BROKER_URL` and the member
/// `{"broker": {"url": …}}` of the configuration file, in this order. Any of them with `file` added names a file that
/// holds the value: `SLIPWAY_BROKER_URL_FILE`.
public struct Setting<Value: Sendable>: Sendable {
    public let key: String
    /// One line for `--help`.
    public let summary: String
    /// A value that would be right.
    public let example: String
    public let defaultValue: Value?
    public let isSecret: Bool
    let parse: @Sendable (String) throws -> Value

    /// - Parameter parse: throws a ``SettingProblem`` that says what the value should have been; of any other error the text is shown.
    public init(
        _ key: String, _ summary: String, example: String, default defaultValue: Value? = nil, secret: Bool = false,
        parse: @escaping @Sendable (String) throws -> Value
    ) {
        self.key = key
        self.summary = summary
        self.example = example
        self.defaultValue = defaultValue
        self.isSecret = secret
        self.parse = parse
    }

    /// `SLIPWAY_BROKER_URL`
    public var variable: String { "SLIPWAY_" + SettingName.words(key).joined(separator: "_").uppercased() }
    /// `--broker-url`
    public var flag: String { "--" + SettingName.words(key).joined(separator: "-") }
}

/// What is wrong with a value, as “expected …”.
public struct SettingProblem: Error, Sendable, Equatable {
    public var expected: String

    public init(expected: String) {
        self.expected = expected
    }
}

/// A setting without the type of its value, for help and for finding unknown flags.
public protocol AnySetting: Sendable {
    var key: String { get }
    var summary: String { get }
    var example: String { get }
    var variable: String { get }
    var flag: String { get }
    var isSecret: Bool { get }
    var defaultText: String? { get }
}

extension Setting: AnySetting {
    public var defaultText: String? {
        guard let defaultValue else { return nil }
        guard let list = defaultValue as? [Any] else { return "\(defaultValue)" }
        return list.isEmpty ? nil : list.map { "\($0)" }.joined(separator: ",")
    }
}

enum SettingName {
    /// `logLevel.name` → log, level, name
    static func words(_ key: String) -> [String] {
        var words: [String] = []
        for part in key.split(separator: ".") {
            var word = ""
            for character in part {
                if character.isUppercase, !word.isEmpty {
                    words.append(word)
                    word = ""
                }
                word += character.lowercased()
            }
            words.append(word)
        }
        return words
    }
}

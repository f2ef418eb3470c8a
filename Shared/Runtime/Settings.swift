import Configuration
import FoundationEssentials
import SystemPackage

/// The values of a service's settings, from flags, the environment and a file, in this order.
public struct Settings: Sendable {
    private let sources: [(name: SourceName, reader: ConfigReader)]

    private enum SourceName: Sendable {
        case flags, environment
        case file(String)
    }

    /// Reads the sources. The file is the one `--config-file` or `SLIPWAY_CONFIG_FILE` names: JSON, an object a key's
    /// part each.
    /// - Parameters:
    ///   - arguments: the program's, its name first.
    ///   - environment: its variables, by name.
    /// - Throws: ``SettingsError`` for a file that cannot be read. Values are looked at when they are asked for.
    public init(arguments: [String], environment: [String: String]) async throws {
        let flags = ConfigReader(provider: CommandLineArgumentsProvider(arguments: arguments))
        let variables = ConfigReader(
            provider: EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "slipway"))
        var sources: [(SourceName, ConfigReader)] = [(.flags, flags), (.environment, variables)]
        if let path = flags.string(forKey: "config.file") ?? variables.string(forKey: "config.file") {
            do {
                let provider = try await FileProvider<JSONSnapshot>(filePath: FilePath(path))
                sources.append((.file(path), ConfigReader(provider: provider)))
            } catch {
                throw SettingsError(
                    setting: "SLIPWAY_CONFIG_FILE", message: "the configuration file \(path) cannot be read: \(error)",
                    remedy: "give the path of a JSON file such as {\"broker\": {\"url\": \"amqp://…\"}}")
            }
        }
        self.sources = sources
    }

    /// The setting's value, or its default.
    /// - Throws: ``SettingsError`` where it is missing and has no default, or is not what it should be.
    public func value<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value {
        if let value = try optional(setting) { return value }
        if let value = setting.defaultValue { return value }
        throw SettingsError(
            setting: setting.variable,
            message: "\(setting.variable) (or the flag \(setting.flag)) is missing: \(setting.summary)",
            remedy: "set it, for example \(setting.variable)=\(setting.example)"
                + (setting.isSecret ? ", or \(setting.variable)_FILE to a file that holds it" : ""))
    }

    /// The setting's value, or `nil` where none is given; its default does not count.
    /// - Throws: ``SettingsError`` for a value that is wrong.
    public func optional<Value>(_ setting: Setting<Value>) throws(SettingsError) -> Value? {
        guard let (text, source) = try find(setting) else { return nil }
        do {
            return try setting.parse(text)
        } catch {
            let shown = setting.isSecret ? "its value" : "“\(text)”"
            let problem = (error as? SettingProblem).map { "is not \($0.expected)" } ?? "cannot be used: \(error)"
            throw SettingsError(
                setting: setting.variable, message: "\(source): \(shown) \(problem)",
                remedy: "for example \(setting.variable)=\(setting.example)")
        }
    }

    /// The file that names the setting's value; `nil` where the value is given itself, or none is.
    func file<Value>(of setting: Setting<Value>) -> String? {
        for (_, reader) in sources {
            if Self.text(setting.key, in: reader) != nil { return nil }
            if let path = reader.string(forKey: ConfigKey("\(setting.key).file")) { return path }
        }
        return nil
    }

    private func find<Value>(_ setting: Setting<Value>) throws(SettingsError) -> (text: String, source: String)? {
        for (name, reader) in sources {
            let label =
                switch name {
                case .flags: setting.flag
                case .environment: setting.variable
                case .file(let path): "“\(setting.key)” in \(path)"
                }
            if let text = Self.text(setting.key, in: reader) { return (text, label) }
            if let path = reader.string(forKey: ConfigKey("\(setting.key).file")) {
                return (try Self.read(path, for: setting.variable), "\(label) (in the file \(path))")
            }
        }
        return nil
    }

    /// Flags and the environment have texts alone; a JSON file also has numbers and truth values.
    private static func text(_ key: String, in reader: ConfigReader) -> String? {
        let key = ConfigKey(key)
        if let text = reader.string(forKey: key) { return text }
        if let number = reader.int(forKey: key) { return "\(number)" }
        if let truth = reader.bool(forKey: key) { return "\(truth)" }
        if let list = reader.stringArray(forKey: key) { return list.joined(separator: ",") }
        return nil
    }

    private static func read(_ path: String, for variable: String) throws(SettingsError) -> String {
        do {
            let data = try Data(contentsOf: URL(filePath: path))
            return String(decoding: data, as: UTF8.self).trimmed
        } catch {
            throw SettingsError(
                setting: variable, message: "\(variable)_FILE: the file \(path) cannot be read: \(error)",
                remedy: "give a file this service may read")
        }
    }
}

/// A setting that is missing or wrong.
public struct SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The environment variable's name.
    public var setting: String
    public var message: String
    public var remedy: String

    public init(setting: String, message: String, remedy: String) {
        self.setting = setting
        self.message = message
        self.remedy = remedy
    }

    public var description: String { "\(message); \(remedy)" }
}

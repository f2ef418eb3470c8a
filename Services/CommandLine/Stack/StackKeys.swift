import FoundationEssentials
import Secrets

/// The keys of a local stack: made once, kept in files for their owner alone.
enum StackKeys {
    /// Makes those that are missing.
    /// - Parameter services: those with keys that are derived from the platform's.
    static func prepare(_ layout: StackLayout, services: [String]) throws {
        for key in [StackService.Key.hook, .mirror] { try keep(layout.key(key.rawValue)) { random() } }
        try folder(layout.keys).make(services)
    }

    /// The seal keys in a folder.
    static func folder(_ path: String) -> KeyFolder {
        KeyFolder(path) { try SecretFile.write(Array($1.utf8) + [0x0A], to: $0) }
    }

    /// The content of a file, made first if it is not there.
    @discardableResult
    static func keep(_ path: String, make: () -> String) throws -> String {
        if FileManager.default.fileExists(atPath: path) { return try SecretFile.read(path, naming: "this stack") }
        let value = make()
        try SecretFile.write(Array(value.utf8) + [0x0A], to: path)
        return value
    }

    /// 32 random bytes in base64.
    static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(bytes).base64EncodedString()
    }

    /// A password that needs no escaping in a URL or a configuration file.
    static func password() -> String {
        let alphabet = Array("abcdefghijkmnopqrstuvwxyz23456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<26).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &generator)] })
    }
}

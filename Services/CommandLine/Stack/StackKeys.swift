import FoundationEssentials

/// The keys of a local stack: made once, kept in files for their owner alone.
enum StackKeys {
    /// Makes those that are missing.
    static func prepare(_ layout: StackLayout) throws {
        for key in StackService.Key.allCases {
            try keep(layout.key(key.rawValue)) { key == .seal ? "local:\(random())" : random() }
        }
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

/// Names of images and tags, where an expression without a value leaves something that is none.
extension TextResolver {
    /// A tag of an image.
    func tag(_ tag: String, _ field: String) throws(SubstitutionError) -> String {
        try checked(tag, field, "no tag: 1 to 128 letters, digits, “_”, “.” and “-”, not beginning with “.” or “-”") {
            (1...128).contains($0.utf8.count) && !$0.hasPrefix(".") && !$0.hasPrefix("-")
                && $0.utf8.allSatisfy { Self.isTagByte($0) }
        }
    }

    /// The name of an image or of a repository of images. Only what an empty value leaves is looked for: the rest is the
    /// engine's to say.
    func reference(_ reference: String, _ field: String) throws(SubstitutionError) -> String {
        try checked(reference, field, "no image’s name such as registry.example/shop/web:1.4") { text in
            !text.isEmpty && !text.hasSuffix(":") && !text.hasSuffix("@") && !text.hasSuffix("/")
                && !text.hasPrefix("/") && !text.hasPrefix(":") && !text.contains("//") && !text.contains("/:")
        }
    }

    /// The text with its expressions replaced, or an error that names them where the result is of no use. It is looked at
    /// in the second pass only: the worker knows whether the step runs at all.
    private func checked(
        _ written: String, _ field: String, _ problem: String, _ isUsable: (String) -> Bool
    ) throws(SubstitutionError) -> String {
        let result = try text(written, field)
        // A text without an expression is as its author wrote it; an empty one had one that the platform replaced.
        guard !scope.isPartial, !isUsable(result), result != written || written.isEmpty else { return result }
        throw SubstitutionError(
            code: .unusable, expression: written.isEmpty ? "an expression without a value" : written,
            problem: "“\(result)” is \(problem)", field: field)
    }

    private static func isTagByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

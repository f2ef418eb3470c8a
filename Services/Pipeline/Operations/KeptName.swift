/// The names people give to what is kept: accounts, tokens, secrets and components.
enum KeptName {
    /// “.” and “..” are none: in a path of the API they would be the folder and the one above it.
    static func isValid(_ name: String) -> Bool {
        (1...100).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }

    /// - Parameter kind: what was to be named so.
    static func malformed(_ kind: String, _ name: String) -> OperationError {
        .invalid(
            "malformed_name", "“\(name)” is not a valid \(kind) name",
            remedy: "use letters, digits, “_”, “-” and “.”, 100 at most, and more than one or two dots")
    }
}

/// Values that scripts refer to and that must not be written into one: each becomes a variable of the step, and the script
/// names the variable. So a shell gets them as data, whatever is in them.
final class ShellValues {
    /// The beginning of the variables' names.
    static let prefix = "SLIPWAY_VALUE_"

    private(set) var variables: [String: String] = [:]
    /// Whether the shell has the variables of the run and the step.
    let hasRun: Bool
    private var taken: Set<String>

    /// - Parameter taken: Names that are variables of the step already.
    init(taken: some Sequence<String> = [], hasRun: Bool = true) {
        self.taken = Set(taken)
        self.hasRun = hasRun
    }

    /// How a script refers to a value.
    func reference(to value: String) -> String {
        if let name = variables.first(where: { $0.value == value })?.key { return "${\(name)}" }
        var number = 1
        while taken.contains("\(Self.prefix)\(number)") { number += 1 }
        let name = "\(Self.prefix)\(number)"
        taken.insert(name)
        variables[name] = value
        return "${\(name)}"
    }

    /// Whether a shell takes every byte of a value as itself.
    static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "/"),
                UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: "="),
                UInt8(ascii: "%"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}

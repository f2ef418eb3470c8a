import ArgumentParser

/// `NAME=value` for every service or `SERVICE:NAME=value` for one, as given with `--set`.
struct StackSetting: Sendable, Equatable, ExpressibleByArgument {
    var service: String?
    var name: String
    var value: String

    init?(argument: String) {
        guard let mark = argument.firstIndex(of: "=") else { return nil }
        var name = String(argument[..<mark])
        value = String(argument[argument.index(after: mark)...])
        if let colon = name.firstIndex(of: ":") {
            let service = String(name[..<colon])
            guard StackService.all.contains(where: { $0.name == service }) else { return nil }
            self.service = service
            name = String(name[name.index(after: colon)...])
        }
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else { return nil }
        self.name = name
    }

    /// What a service reads it as; `nil` where it is not for that one.
    func name(for service: String) -> String? {
        guard let one = self.service else { return StackService.variable(name, of: service) }
        return one == service ? name : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

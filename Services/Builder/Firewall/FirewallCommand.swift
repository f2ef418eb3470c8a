import Logging
import Runtime
import SystemPackage

/// `builder firewall`: rules for the engine's machine.
enum FirewallCommand {
    static let name = Setting<String>(
        "name", "tells the rules of one installation from another's on the same machine", example: "shop",
        default: "default"
    ) { text in
        guard !text.isEmpty, text.utf8.count <= 64,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) || $0 == "_" })
        else { throw SettingProblem(expected: "up to 64 letters, digits and “_”") }
        return text
    }
    static let networks = Setting<[String]>(
        "networks",
        "addresses and networks, besides those of metadata services, that steps may not reach: of the broker, "
            + "the platform, sync",
        example: "172.30.171.0/24,10.0.7.5", default: []
    ) { text in
        let networks = text.split(separator: ",").map { String($0.filter { !$0.isWhitespace }) }
        guard networks.allSatisfy(isNetwork) else {
            throw SettingProblem(expected: "addresses and networks of version 4 such as 172.30.171.0/24")
        }
        return networks
    }
    static let ports = Setting<[Int]>(
        "ports", "TCP ports of this machine that steps may not reach", example: "5672,8082", default: []
    ) { text in
        try text.split(separator: ",").map { word in
            guard let port = Int(word.filter { !$0.isWhitespace }), (1...65_535).contains(port) else {
                throw SettingProblem(expected: "numbers of ports such as 5672,8082")
            }
            return port
        }
    }
    static let keep = Setting<Bool>.flag(
        "keep", "whether it stays and sets the rules again every 30 s; they outlive it", default: false)
    static let remove = Setting<Bool>.flag("remove", "whether it removes the rules instead", default: false)
    static let mark = Setting<String>.text(
        "mark", "a file that is written each time, whose age tells builders that the rules are kept",
        example: "/run/slipway/firewall")

    static let command = ServiceCommand(
        "firewall",
        "keeps the containers of steps from the broker, the platform, sync and the metadata service: rules of nftables for "
            + "the engine's machine, where it has to run as root",
        settings: [name, networks, ports, keep, remove, mark]
    ) { settings, logger in
        let firewall = Firewall(
            rules: FirewallRules(
                name: try settings.value(name), networks: try settings.value(networks), ports: try settings.value(ports)
            ),
            mark: try settings.optional(mark).map { FilePath($0) }, logger: logger)
        if try settings.value(remove) { return try await firewall.remove() }
        guard try settings.value(keep) else { return try await firewall.set() }
        try await ServiceCommand.serve(firewall, logger: logger)
    }

    /// Four numbers, and how many bits of them are meant.
    static func isNetwork(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let numbers = parts[0].split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 4, !numbers.contains(nil), parts.count <= 2 else { return false }
        return parts.count == 1 || Int(parts[1]).map { (0...32).contains($0) } == true
    }
}

import Contracts
import Crypto
import FoundationEssentials
import Logging
import Messaging
import Runtime
import Text

/// `pipeline broker …`: who may do what on the message broker.
enum BrokerCommands {
    static let folder = Setting<String>.text(
        "folder", "where the definitions and the logins' addresses are written to", example: "/etc/slipway/broker")
    static let address = Setting<String>.text(
        "address", "the broker's nodes, as services reach them", example: "rabbit1:5672,rabbit2:5672",
        default: "127.0.0.1:5672")
    static let virtualHost = Setting<String>.text(
        "virtual.host", "the virtual host that is Slipway's", example: "slipway", default: "/")
    static let pools = Setting<[String]>(
        "pools", "the pools of builders, each with its login", example: "default,gpu", default: ["default"]
    ) { text in
        try names(text, ",")
    }
    static let clusters = Setting<[[String]]>(
        "clusters",
        "the clusters and hosts of deployers, each with its login; + joins those of one deployer, and payments.east is east "
            + "of the pool payments",
        example: "default,staging+production", default: [["default"]]
    ) { text in
        try text.split(separator: ",").map { try names(String($0), "+") }
    }
    static let former = Setting<[String]>.list(
        "former", "logins of an earlier version, which lose their tags, rights and passwords", example: "slipway",
        default: [])

    static let all = [
        ServiceCommand(
            "broker definitions",
            "writes what RabbitMQ loads at its start (load_definitions): a login for each service, pool and cluster with "
                + "no more rights than it needs, and a file with the address of each; passwords that are there stay, and so do "
                + "addresses that were given another scheme or options",
            settings: [folder, address, virtualHost, pools, clusters, former]
        ) { settings, _ in
            let folder = try settings.value(folder)
            let virtualHost = try settings.value(virtualHost)
            let place = PercentCoding.encode(virtualHost == "/" ? "" : virtualHost)
            let users = BrokerUser.all(pools: try settings.value(pools), clusters: try settings.value(clusters))
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            var passwords: [String: String] = [:]
            for user in users {
                let file = "\(folder)/\(file(of: user))"
                let written = try address(in: file)
                let password = written?.password ?? AccessStore.random(prefix: "")
                passwords[user.name] = password
                guard written?.isEdited != true else { continue }
                try PrivateFile.replace(
                    file,
                    with:
                        "amqp://\(PercentCoding.encode(user.name)):\(password)@\(try settings.value(address))/\(place)"
                )
            }
            let former = try settings.value(former)
            let definitions = BrokerDefinitions(users: users, virtualHost: virtualHost, former: former) {
                hash(passwords[$0] ?? AccessStore.random(prefix: ""))
            }
            try PrivateFile.replace(
                "\(folder)/definitions.json", with: String(decoding: try Wire.encode(definitions), as: UTF8.self))
            print("\(folder)/definitions.json")
            for user in users { print("\(folder)/\(file(of: user))") }
        }
    ]

    private static func names(_ text: String, _ separator: Character) throws -> [String] {
        let names: [String] = text.split(separator: separator).map(String.init)
        guard !names.isEmpty, names.allSatisfy(KeptName.isValid) else {
            throw SettingProblem(expected: "names of letters, digits, “_”, “-” and “.”")
        }
        return names
    }

    /// `broker-url-sync` of `slipway-sync`.
    static func file(of user: BrokerUser) -> String { "broker-url-" + user.name.dropFirst("slipway-".count) }

    /// The password in an address that was written before, and whether somebody has changed more of it since than the
    /// nodes: it may say `amqps`, or have options.
    private static func address(in file: String) throws -> (password: String, isEdited: Bool)? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        let address = try String(contentsOfFile: file, encoding: .utf8)
        guard let login = address.split(separator: "@").first, let colon = login.lastIndex(of: ":") else { return nil }
        return (
            String(login[login.index(after: colon)...]), !address.hasPrefix("amqp://") || address.contains("?")
        )
    }

    /// A password as RabbitMQ keeps it: four random bytes, and SHA-256 of them and the password.
    static func hash(_ password: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return Data(salt + SHA256.hash(data: Data(salt + password.utf8))).base64EncodedString()
    }
}

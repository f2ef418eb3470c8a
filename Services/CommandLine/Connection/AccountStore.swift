import Contracts
import FoundationEssentials

/// Where `slipway login` keeps the account: `~/.config/slipway/login.json`, readable by its owner only.
struct AccountStore: Sendable {
    let path: String

    static func standard(environment: [String: String] = ProcessInfo.processInfo.environment) -> AccountStore {
        let directory =
            environment["XDG_CONFIG_HOME"].nonEmpty ?? (environment["HOME"].nonEmpty ?? "/root") + "/.config"
        return AccountStore(path: directory + "/slipway/login.json")
    }

    /// The kept account, or `nil` if there is none.
    func load() throws -> Account? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try Wire.decode(Account.self, from: Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandError(
                "\(path) cannot be read: \(error)", remedy: "remove the file and sign in again with `slipway login`")
        }
    }

    func save(_ account: Account) throws {
        try SecretFile.write(Wire.encodePretty(account), to: path)
    }

    /// Whether there was an account to forget.
    func remove() throws -> Bool {
        guard FileManager.default.fileExists(atPath: path) else { return false }
        try FileManager.default.removeItem(atPath: path)
        return true
    }
}

import Contracts
import FoundationEssentials
import Glibc

/// A platform and the token it is talked to with.
struct Account: Codable, Sendable, Equatable {
    /// The address without a slash at its end.
    var server: String
    var token: String?
    /// The PEM file of the certificate authority that is trusted for it; the system's if `nil`.
    var authority: String?

    /// The first that is given of: the options, the environment, the kept login. A token goes only to the server it
    /// was kept for.
    static func resolve(
        server: String?, tokenFile: String?, authority: String? = nil,
        environment: [String: String] = ProcessInfo.processInfo.environment,
        store: AccountStore = .standard()
    ) throws -> Account {
        let kept = try store.load()
        let address = server ?? environment["SLIPWAY_SERVER"].nonEmpty ?? kept?.server
        guard let address else {
            throw CommandError(
                "no platform is known",
                remedy: "start one with `slipway up`, or sign in with `slipway login https://slipway.example`")
        }
        let normalised = try normalise(address)
        let token: String?
        if let tokenFile {
            token = try SecretFile.read(tokenFile, naming: "--token-file")
        } else if let value = environment["SLIPWAY_TOKEN"].nonEmpty {
            token = value
        } else if let path = environment["SLIPWAY_TOKEN_FILE"].nonEmpty {
            token = try SecretFile.read(path, naming: "SLIPWAY_TOKEN_FILE")
        } else {
            token = kept?.server == normalised ? kept?.token : nil
        }
        let file = authority ?? environment["SLIPWAY_CA_FILE"].nonEmpty
        if let file, access(file, R_OK) != 0 {
            throw CommandError(
                "the certificate authority's file \(file) cannot be read: \(String(cString: strerror(errno)))",
                remedy: "name the PEM file of the authority that signed the platform's certificate")
        }
        return Account(
            server: normalised, token: token,
            authority: file.map { URL(filePath: $0).standardizedFileURL.path }
                ?? (kept?.server == normalised ? kept?.authority : nil))
    }

    /// The address as it is kept and compared: with a scheme, without a slash at its end.
    static func normalise(_ address: String) throws -> String {
        var text = address.trimmingWhitespace()
        if !text.contains("://") { text = "http://" + text }
        while text.hasSuffix("/") { text.removeLast() }
        guard text.hasPrefix("http://") || text.hasPrefix("https://"), !text.hasSuffix(":"), !text.contains("@"),
            !text.contains("?"), !text.contains(where: \.isWhitespace)
        else {
            throw CommandError(
                "“\(address)” is not a platform's address", remedy: "write it like https://slipway.example:8082",
                isUsage: true)
        }
        return text
    }
}

extension Optional where Wrapped == String {
    /// An empty variable is as good as none.
    var nonEmpty: String? { self.flatMap { $0.isEmpty ? nil : $0 } }
}

extension String {
    func trimmingWhitespace() -> String {
        var view = Substring(self)
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}

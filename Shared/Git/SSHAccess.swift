import Text

/// How Git signs in over SSH, and which servers it believes.
public struct SSHAccess: Sendable, Hashable {
    /// A file with a private key without a passphrase; the keys of the agent and of the user who runs this if `nil`.
    public var key: String?
    /// A file of servers' keys, as ssh-keyscan(1) writes it, and no other is believed; that of the user who runs this if
    /// `nil`.
    public var knownHosts: String?

    public init(key: String? = nil, knownHosts: String? = nil) {
        self.key = key
        self.knownHosts = knownHosts
    }

    /// For a shell. It asks nothing: a server that is not known, or a key with a passphrase, is an error.
    var command: String {
        var words = ["ssh", "-oBatchMode=yes", "-oConnectTimeout=20"]
        if let key { words += ["-oIdentitiesOnly=yes", "-oIdentityFile=\(Self.path(key))"] }
        if let knownHosts {
            words += [
                "-oStrictHostKeyChecking=yes", "-oUserKnownHostsFile=\(Self.path(knownHosts))",
                "-oGlobalKnownHostsFile=/dev/null",
            ]
        }
        return words.map { ShellWord.quote($0) }.joined(separator: " ")
    }

    /// ssh splits an option at its blanks and reads more into “%”.
    private static func path(_ text: String) -> String { "\"\(text.replacing("%", with: "%%"))\"" }
}

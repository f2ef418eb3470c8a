/// What containers of steps may not reach, as rules of nftables: a table of their own, which Docker neither knows nor
/// changes. What nobody refuses goes on to Docker's own rules.
struct FirewallRules: Sendable {
    /// Where clouds tell a machine its secrets: link-local addresses, and those of Alibaba and Azure beside them.
    static let metadata = ["169.254.0.0/16", "100.100.100.200", "168.63.129.16"]
    static let metadataV6 = ["fe80::a9fe:a9fe", "fd00:ec2::254"]

    /// Tells those of one installation from another's on the same machine.
    let name: String
    /// Of version 4, besides ``metadata``.
    var networks: [String] = []
    /// TCP ports of this machine itself.
    var ports: [Int] = []

    var table: String { "slipway_\(name)" }

    /// Takes the place of the table that is there, or begins it; at once, so that no packet comes between.
    var text: String {
        let isStep = "iifname \"\(StepNetwork.prefix)*\""
        // Clouds answer questions for names at these addresses too, which containers ask by themselves.
        let metadata = Self.metadata.joined(separator: ", ")
        let own =
            ports.isEmpty
            ? ""
            : "\n        \(isStep) tcp dport { \(ports.map(String.init).joined(separator: ", ")) } reject with tcp reset"
        return """
            table inet \(table)
            delete table inet \(table)
            table inet \(table) {
                set refused {
                    type ipv4_addr
                    flags interval
                    auto-merge
                    elements = { \((Self.metadata + networks).joined(separator: ", ")) }
                }
                chain steps {
                    ip daddr { \(metadata) } udp dport 53 accept
                    ip daddr { \(metadata) } tcp dport 53 accept
                    ip daddr @refused reject
                    ip6 daddr { \(Self.metadataV6.joined(separator: ", ")) } reject
                }
                chain forward {
                    type filter hook forward priority filter - 1
                    \(isStep) jump steps
                }
                chain input {
                    type filter hook input priority filter - 1
                    \(isStep) jump steps\(own)
                }
            }

            """
    }

    /// Removes the table, if it is there.
    var removal: String { "table inet \(table)\ndelete table inet \(table)\n" }
}

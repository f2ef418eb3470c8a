extension ContainerRun {
    /// A port of the container that the host answers at.
    public struct Port: Sendable, Hashable {
        public var container: Int
        /// `nil`: any that is free.
        public var host: Int?
        /// Of the host; empty for all of its addresses.
        public var address: String
        /// `tcp`, `udp` or `sctp`.
        public var transport: String

        public init(container: Int, host: Int? = nil, address: String = "", transport: String = "tcp") {
            self.container = container
            self.host = host
            self.address = address
            self.transport = transport
        }
    }

    /// A named volume or a folder of the host in the container.
    public struct Volume: Sendable, Hashable {
        /// A volume's name or a path of the host.
        public var source: String
        public var path: String
        public var isReadOnly: Bool

        public init(source: String, path: String, isReadOnly: Bool = false) {
            self.source = source
            self.path = path
            self.isReadOnly = isReadOnly
        }

        public var isFolder: Bool { source.hasPrefix("/") }
    }

    /// What is wrong with a text, and what to write.
    public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
        public let description: String
    }

    // MARK: - Ports

    /// `80`, `8080:80`, `127.0.0.1:8080:80/tcp`, or ranges of the same length as in `8000-8010:8000-8010`.
    /// - Throws: ``Problem`` with the text and what it should have been.
    public static func ports(_ text: String) throws(Problem) -> [Port] {
        let problem = Problem(
            description: "“\(text)” is not a port such as 8080:80, 127.0.0.1:8080:80/tcp or 8000-8010:8000-8010")
        let halves = text.split(separator: "/", omittingEmptySubsequences: false)
        let transport = halves.count == 2 ? String(halves[1]) : "tcp"
        guard halves.count <= 2, ["tcp", "udp", "sctp"].contains(transport) else { throw problem }
        let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let inside = range(parts[parts.count - 1]) else { throw problem }
        var outside: ClosedRange<Int>?
        if parts.count > 1, !parts[parts.count - 2].isEmpty {
            outside = range(parts[parts.count - 2])
            guard outside != nil else { throw problem }
        }
        // An IPv6 address has its own colons.
        let address = parts.dropLast(2).joined(separator: ":").filter { $0 != "[" && $0 != "]" }
        guard parts.count < 3 || isAddress(address) else { throw problem }
        if let outside, outside.count != inside.count {
            throw Problem(
                description: "“\(text)” has \(outside.count) ports of the host for \(inside.count) of the container; "
                    + "write as many on both sides, or the container's alone for any that are free")
        }
        return inside.enumerated().map { index, port in
            Port(
                container: port, host: outside.map { $0.lowerBound + index }, address: address, transport: transport)
        }
    }

    /// Whether it is an IPv4 or IPv6 address.
    private static func isAddress(_ text: String) -> Bool {
        guard text.contains(":") else {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 4
                && parts.allSatisfy { $0.allSatisfy { $0.isASCII && $0.isNumber } && UInt8($0) != nil }
        }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        let isShort = text.split(separator: "::", omittingEmptySubsequences: false).count == 2 && !text.contains(":::")
        let known = groups.filter { !$0.isEmpty }
        guard known.allSatisfy({ $0.utf8.count <= 4 && $0.allSatisfy { $0.isASCII && $0.isHexDigit } }) else {
            return false
        }
        return isShort ? known.count < 8 : known.count == 8 && groups.count == 8
    }

    private static func range(_ text: String) -> ClosedRange<Int>? {
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
        guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last,
            (1...65535).contains(first), (1...65535).contains(last)
        else { return nil }
        return first...last
    }

    // MARK: - Aliases

    /// A name in a network, such as `shop` or `api.shop`.
    /// - Throws: ``Problem`` with the text and what it should have been.
    public static func alias(_ text: String) throws(Problem) {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let first = text.first, first.isLetter || first.isNumber else {
            throw Problem(
                description: "“\(text)” is no alias such as shop or api.shop: letters, digits, “-”, “_” and “.”")
        }
    }

    // MARK: - Signals

    private static let signals: Set<String> = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
        "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
        "WINCH", "IO", "PWR", "SYS",
    ]

    /// A signal by name or number, such as `SIGQUIT`, `QUIT` or `3`.
    /// - Throws: ``Problem`` with the text and what it should have been.
    public static func signal(_ text: String) throws(Problem) {
        let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
        let isRealTime = name.hasPrefix("RTMIN") || name.hasPrefix("RTMAX")
        guard signals.contains(name) || isRealTime || Int(text).map((1...64).contains) == true else {
            throw Problem(description: "“\(text)” is not a signal such as SIGTERM, SIGQUIT or SIGINT")
        }
    }

    // MARK: - Volumes

    /// `/srv/data:/data` or `data:/data:ro`.
    /// - Throws: ``Problem`` with the text and what it should have been.
    public static func volume(_ text: String) throws(Problem) -> Volume {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        func problem(_ hint: String = "") -> Problem {
            Problem(description: "“\(text)” is not a volume such as /srv/data:/data or data:/data:ro" + hint)
        }
        if parts.count == 1, text.hasPrefix("/") {
            throw problem("; give it a name to be found by, as in data:\(text)")
        }
        guard (2...3).contains(parts.count), !parts[0].isEmpty, parts[1].hasPrefix("/") else { throw problem() }
        if parts[0].hasPrefix(".") || parts[0].hasPrefix("~") {
            throw problem("; a folder of the host is written from the root, as in /srv/data:\(parts[1])")
        }
        var volume = Volume(source: parts[0], path: parts[1])
        guard parts.count == 3 else { return volume }
        for option in parts[2].split(separator: ",", omittingEmptySubsequences: false) {
            switch option {
            case "ro": volume.isReadOnly = true
            case "rw": break
            case "z", "Z":
                guard volume.isFolder else {
                    throw problem("; “\(option)” is for folders of the host: leave it out")
                }
                throw problem(
                    "; for SELinux label the folder on the host once, with “chcon -Rt container_file_t \(parts[0])”, and "
                        + "leave “\(option)” out")
            case "cached", "delegated", "consistent":
                throw problem("; “\(option)” has no effect on Linux: leave it out")
            default: throw problem("; an option is ro or rw, not “\(option)”")
            }
        }
        return volume
    }
}

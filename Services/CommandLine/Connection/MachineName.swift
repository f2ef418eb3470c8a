import Glibc

/// What this machine calls itself, and whoever runs this command on it.
enum MachineName {
    static var current: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let kept = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) }
        return kept.isEmpty ? "unknown" : String(kept.prefix(64))
    }

    /// The user as the name of an account.
    static var account: String {
        let name = user.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) ? $0 : "-" }
        return String(name.prefix(100))
    }

    static var user: String {
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "unknown" }
        return String(cString: name)
    }
}

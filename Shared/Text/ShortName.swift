/// A name that fits where a protocol or a system limits its length.
public enum ShortName {
    /// The name as it is where it has `limit` bytes at most; else its beginning, `~` and a digest of all of it, so that
    /// names which differ only in what was cut off still differ. The same name always gives the same.
    /// - Parameter limit: 64 or more.
    public static func fit(_ name: String, bytes limit: Int = 255) -> String {
        guard name.utf8.count > limit else { return name }
        return UTF8Boundary.prefix(name, bytes: limit - 33) + "~" + digest(of: name)
    }

    /// FNV-1a of 128 bits. It keeps names apart that nobody made to be the same; whoever did would only confuse his own.
    private static func digest(of name: String) -> String {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        for byte in name.utf8 { hash = (hash ^ UInt128(byte)) &* 0x0000_0000_0100_0000_0000_0000_0000_013B }
        return Hex.encode(hash, digits: 32)
    }
}

/// Names that nobody else has.
enum RandomName {
    /// 128 random bits in letters and digits.
    static func make() -> String {
        String(UInt128.random(in: .min ... .max), radix: 36)
    }
}

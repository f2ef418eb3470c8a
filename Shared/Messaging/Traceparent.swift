import Glibc
import Synchronization
import Text

/// W3C trace context: one trace from the hook to the last notification.
public enum Traceparent {
    private static let entropy = Mutex(Entropy())

    /// A new trace, `00-<32 hex>-<16 hex>-01`.
    public static func make() -> String {
        let (high, low, span) = entropy.withLock { ($0.next(), $0.next(), $0.next()) }
        var text = Array("00-00000000000000000000000000000000-0000000000000000-01".utf8)
        // Nothing of it is zero, which would mean that there is none.
        write(high | 1, to: &text, at: 3)
        write(low, to: &text, at: 19)
        write(span | 1, to: &text, at: 36)
        return String(decoding: text, as: UTF8.self)
    }

    /// The same trace with a new span; a new trace where there is none or it is malformed.
    public static func next(after parent: String?) -> String {
        guard let parent else { return make() }
        var text = Array(parent.utf8)
        let dash = UInt8(ascii: "-")
        guard text.count == 55, text.starts(with: "00-".utf8), text[35] == dash, text[52] == dash,
            text[3..<35].allSatisfy(Hex.isDigit)
        else { return make() }
        write(entropy.withLock { $0.next() } | 1, to: &text, at: 36)
        text.replaceSubrange(53..., with: "01".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// The id all spans of a trace share; `nil` where there is none.
    static func trace(of parent: String?) -> Substring? {
        guard let parent, parent.utf8.count == 55 else { return nil }
        return parent.dropFirst(3).prefix(32)
    }

    /// In sixteen digits.
    private static func write(_ value: UInt64, to text: inout [UInt8], at start: Int) {
        for index in 0..<16 {
            text[start + index] = Hex.digit(UInt8(value >> UInt64(60 - 4 * index) & 15))
        }
    }

    /// Random numbers, as many at a time as the kernel gives by one call: there is one trace for every hook.
    private struct Entropy {
        private static let count = 256 / MemoryLayout<UInt64>.size
        private var values: [UInt64] = []

        mutating func next() -> UInt64 {
            if values.isEmpty {
                values = [UInt64](unsafeUninitializedCapacity: Self.count) { values, count in
                    let result = getentropy(values.baseAddress, Self.count * MemoryLayout<UInt64>.size)
                    count = result == 0 ? Self.count : 0
                }
            }
            return values.popLast() ?? .random(in: .min ... .max)
        }
    }
}

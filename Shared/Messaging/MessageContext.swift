public import Contracts
import Glibc

/// What a handler may know of a delivery beside its body.
public struct MessageContext: Sendable {
    /// Stable across resends and redeliveries: the key for doing a thing once.
    public var id: MessageID
    /// The run it belongs to.
    public var run: RunID?
    /// The W3C trace context it came with.
    public var traceparent: String?
    /// Counts handling attempts from 1 (retries, not redeliveries after a lost connection).
    public var attempt: Int
    /// Whether the broker delivered it before; the earlier one may have been handled.
    public var redelivered: Bool

    public init(
        id: MessageID, run: RunID? = nil, traceparent: String? = nil, attempt: Int = 1, redelivered: Bool = false
    ) {
        self.id = id
        self.run = run
        self.traceparent = traceparent
        self.attempt = attempt
        self.redelivered = redelivered
    }

    /// The delivery being handled by this task; what is sent meanwhile carries on its trace.
    @TaskLocal public static var current: MessageContext?
}

/// W3C trace context: one trace from the hook to the last notification.
public enum Traceparent {
    /// A new trace, `00-<32 hex>-<16 hex>-01`.
    public static func make() -> String {
        // Nothing of it is zero, which would mean that there is none.
        let (high, low, span) = random()
        return "00-\(hex(high | 1))\(hex(low))-\(hex(span | 1))-01"
    }

    /// The same trace with a new span; a new trace where there is none or it is malformed.
    public static func next(after parent: String?) -> String {
        guard let parent else { return make() }
        let parts = parent.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "00", parts[1].count == 32, parts[2].count == 16,
            parts[1].allSatisfy(\.isHexDigit)
        else { return make() }
        return "00-\(parts[1])-\(hex(random().0 | 1))-01"
    }

    /// By one call of the kernel, where a generator would make one for each.
    private static func random() -> (UInt64, UInt64, UInt64) {
        var values: (UInt64, UInt64, UInt64) = (0, 0, 0)
        let result = withUnsafeMutableBytes(of: &values) { getentropy($0.baseAddress, $0.count) }
        return result == 0
            ? values : (.random(in: .min ... .max), .random(in: .min ... .max), .random(in: .min ... .max))
    }

    private static func hex(_ value: UInt64) -> String {
        String(unsafeUninitializedCapacity: 16) { text in
            for index in 0..<16 {
                let digit = UInt8(value >> UInt64(60 - 4 * index) & 15)
                text[index] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
            }
            return 16
        }
    }
}

/// Replaces secrets in a stream of bytes by `******`, also where one is cut by the border of two chunks.
///
/// Each line of a secret of three bytes or more is a pattern, because logs are shown by lines. Shorter ones
/// are left: masking `1` would hide nothing and make the log unreadable.
public struct LogMask: Sendable {
    /// Longest first, so that of two that begin alike the longer wins; by first byte.
    private var patterns: [UInt8: [[UInt8]]] = [:]
    private var startsPattern = [Bool](repeating: false, count: 256)
    /// The end of the last chunk, which may be the beginning of a secret.
    private var held: [UInt8] = []

    private static let replacement = [UInt8](repeating: UInt8(ascii: "*"), count: 6)

    public init(secrets: some Sequence<String>) {
        var all: Set<[UInt8]> = []
        for secret in secrets {
            for line in secret.utf8.split(whereSeparator: { $0 == 10 || $0 == 13 }) where line.count >= 3 {
                all.insert(Array(line))
            }
        }
        for pattern in all {
            patterns[pattern[0], default: []].append(pattern)
            startsPattern[Int(pattern[0])] = true
        }
        for key in patterns.keys { patterns[key]?.sort { $0.count > $1.count } }
    }

    /// Masks the next chunk. What might be the beginning of a secret is held back until the next call.
    public mutating func mask(_ chunk: [UInt8]) -> [UInt8] {
        guard !patterns.isEmpty else { return chunk }
        let input = held.isEmpty ? chunk : held + chunk
        held = []
        return scan(input, final: false)
    }

    /// What was held back, at the end of the stream.
    public mutating func finish() -> [UInt8] {
        let input = held
        held = []
        return scan(input, final: true)
    }

    private mutating func scan(_ input: [UInt8], final: Bool) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(input.count)
        var copied = 0
        var position = 0
        while position < input.count {
            guard startsPattern[Int(input[position])] else {
                position += 1
                continue
            }
            switch match(input, at: position, final: final) {
            case .none: position += 1
            case .pattern(let length):
                output += input[copied..<position]
                output += Self.replacement
                position += length
                copied = position
            case .undecided:
                output += input[copied..<position]
                held = Array(input[position...])
                return output
            }
        }
        output += input[copied...]
        return output
    }

    private enum Match {
        case none
        case pattern(Int)
        case undecided
    }

    private func match(_ input: [UInt8], at position: Int, final: Bool) -> Match {
        let rest = input[position...]
        for pattern in patterns[input[position]] ?? [] {
            if rest.starts(with: pattern) { return .pattern(pattern.count) }
            // A longer secret may still follow: wait before a shorter one is taken.
            if !final, rest.count < pattern.count, pattern.starts(with: rest) { return .undecided }
        }
        return .none
    }
}

/// Replaces secrets in a stream of bytes by `******`, also where one is cut by the border of two chunks.
///
/// | of a secret | is masked |
/// |---|---|
/// | each line of three bytes or more | as it is without the blanks around it, percent-encoded, as a text of JSON, in a shell's quotes |
/// | all of it, from five bytes | in base 64 of either alphabet, wherever it begins in what is encoded (`user:SECRET`), in one line or several |
///
/// A secret of several lines, or of JSON, is a document: its lines count if they have four letters or digits and do not
/// only open a block, as `"keys": [` does. The JSON without its blanks counts as well, and each value of 16 bytes, or of 8
/// with letters and digits, such as a private key in the JSON of a service account.
///
/// What is shorter is left: masking `1` would hide nothing and make the log unreadable. So is what is made of a secret in
/// another way, such as its hash, its bytes in base 16 or a part of it.
///
/// What shows nothing may be within a secret: the NULs of UTF-16, or colours that a program gives to parts of it.
///
/// Nearly every byte is looked at once, however many secrets there are; see ``PatternFilter`` and ``PatternAutomaton``.
public struct LogMask: Sendable {
    let filter: PatternFilter
    private let isEmpty: Bool

    /// What is written, byte by byte; the same as it is seen; and base 64.
    private var written: MaskLane
    private var seen: MaskLane
    private var encoded: MaskLane
    private var invisible = InvisibleBytes()
    /// How many bytes came so far.
    private var count = 0
    private var last: UInt8 = 0
    /// Where the last byte was that a lane passed over, and how many of them in a row there were.
    private var lastPassed = -1
    private var passed = 0
    /// The end of what came, which may be the beginning of a secret.
    private var held: [UInt8] = []
    /// Where in the stream that begins.
    private var heldStart = 0
    /// The secrets found in it, in their order.
    private var secrets: [Found] = []

    private struct Found {
        var start: Int
        var end: Int
        /// Whether its place in the log has been marked.
        var isShown = false
    }

    private static let replacement = [UInt8](repeating: UInt8(ascii: "*"), count: 6)
    /// The most states of an automaton, which is 24 MiB. A secret has 64 KiB: three of those have all their forms.
    private static let limit = 1 << 20
    /// As much of a secret's base 64 is no reason to hold the end of a line back.
    private static let tolerable = 8
    /// As many bytes that show nothing end a secret: what may be one is held back.
    static let longestPassed = 64

    public init(secrets: some Sequence<String>) {
        let forms = SecretForms(secrets)
        let texts = PatternAutomaton(forms.written, forms.escaped, limit: Self.limit)
        let codes = PatternAutomaton([], forms.encoded, limit: Self.limit)
        written = MaskLane(texts)
        seen = written
        encoded = MaskLane(codes)
        isEmpty = forms.written.isEmpty && forms.encoded.isEmpty
        filter = PatternFilter(texts: texts, codes: codes)
    }

    /// Masks the next chunk. What might be the beginning of a secret is held back until the next call.
    public mutating func mask(_ chunk: [UInt8]) -> [UInt8] {
        guard !isEmpty else { return chunk }
        if held.isEmpty { held = chunk } else { held += chunk }
        // Where what is open has begun; before the chunk at most the last two bytes are looked at again.
        var opened = -1
        var position = 0
        while position < chunk.count {
            if !isOpen, position >= opened {
                (opened, position) = filter.next(chunk, from: position)
                guard opened < chunk.count else { break }
            }
            step(chunk[position], at: count + position)
            // The last three bytes may begin something, the filter knows whether they do.
            if isOpen, position >= opened + 3, depth <= 3, count + position - lastPassed >= depth {
                position -= depth - 1
                reset()
            } else {
                position += 1
            }
        }
        count += chunk.count
        written.forget()
        seen.forget()
        encoded.forget()
        let isTolerable = encoded.depth < Self.tolerable && Self.isLineEnd(last)
        // What may have become the beginning of a secret since may have been shown by then.
        let beginnings = [written.beginning, seen.beginning, isTolerable ? nil : encoded.beginning]
        return release(upTo: max(heldStart, beginnings.compactMap(\.self).min() ?? count))
    }

    /// What was held back, at the end of the stream.
    public mutating func finish() -> [UInt8] {
        reset()
        return release(upTo: count)
    }

    private var isOpen: Bool { written.isOpen || seen.isOpen || encoded.isOpen }
    private var depth: Int { max(written.depth, seen.depth, encoded.depth) }

    private mutating func reset() {
        written.reset()
        seen.reset()
        encoded.reset()
        invisible = InvisibleBytes()
        passed = 0
    }

    private mutating func step(_ byte: UInt8, at position: Int) {
        found(written.read(byte, at: position), position)
        // Where nothing has begun, nothing can be within it.
        if seen.isOpen || encoded.isOpen, invisible.take(byte) {
            lastPassed = position
            passed += 1
            if passed > Self.longestPassed {
                seen.reset()
                encoded.reset()
                invisible = InvisibleBytes()
            }
            return
        }
        passed = 0
        found(seen.read(byte, at: position), position)
        if Self.isLineEnd(byte) {
            lastPassed = position
            // Base 64 goes on in the next line, but not after an empty one.
            let isFirst = !Self.isLineEnd(last) || last == UInt8(ascii: "\r") && byte == UInt8(ascii: "\n")
            if !isFirst { encoded.reset() }
        } else if let symbol = Self.symbol(byte) {
            found(encoded.read(symbol, at: position), position)
        } else {
            encoded.reset()
        }
        last = byte
    }

    private mutating func found(_ start: Int?, _ last: Int) {
        if let start { found(from: start, to: last + 1) }
    }

    /// Takes down a secret; those that overlap are one.
    private mutating func found(from start: Int, to end: Int) {
        var found = Found(start: start, end: end)
        while let last = secrets.last, last.end > found.start {
            found.start = min(found.start, last.start)
            found.isShown = last.isShown
            secrets.removeLast()
        }
        secrets.append(found)
    }

    /// Takes what is held before a place of the stream.
    private mutating func release(upTo end: Int) -> [UInt8] {
        let start = heldStart
        if secrets.isEmpty, end - start == held.count {
            defer { held = [] }
            heldStart = end
            return held
        }
        var output: [UInt8] = []
        output.reserveCapacity(end - start)
        var position = start
        var later: [Found] = []
        for secret in secrets {
            guard secret.start < end else {
                later.append(secret)
                continue
            }
            if position < secret.start { output += held[(position - start)..<(secret.start - start)] }
            if !secret.isShown { output += Self.replacement }
            position = min(secret.end, end)
            if secret.end > end { later.append(Found(start: end, end: secret.end, isShown: true)) }
        }
        output += held[(position - start)..<(end - start)]
        held.removeFirst(end - start)
        heldStart = end
        secrets = later
        return output
    }

    /// How the other alphabet of base 64 writes a character, where it has another one for it.
    static func otherSpelling(of symbol: UInt8) -> UInt8? {
        switch symbol {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: nil
        }
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") }

    /// A character of base 64, in the alphabet with `+` and `/`; `nil` for any other byte.
    @inline(__always)
    static func symbol(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="):
            byte
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: nil
        }
    }
}

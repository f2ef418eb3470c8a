/// Cuts a stream of bytes into its lines.
struct LineSplitter {
    /// Longer lines are an error: an object is 1.5 MB at most, as etcd takes it.
    static let limit = 16 << 20
    private var rest: [UInt8] = []

    /// The lines that are complete now, without their ends.
    mutating func feed(_ bytes: [UInt8]) throws(KubernetesError) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var start = bytes.startIndex
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if rest.isEmpty {
                lines.append(Array(bytes[start..<end]))
            } else {
                lines.append(rest + bytes[start..<end])
                rest = []
            }
            start = end + 1
        }
        rest += bytes[start...]
        guard rest.count <= Self.limit else { throw KubernetesError(.malformed, "an event of a watch is too long") }
        return lines.filter { !$0.isEmpty }
    }
}

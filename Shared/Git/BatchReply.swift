/// What `git cat-file --batch` and `--batch-check` answer: one `<id> <type> <size>` or `<name> missing` line a request,
/// followed with `--batch` by the object's bytes and a line feed.
struct BatchReply {
    struct Content: Equatable {
        /// In bytes, also where the bytes were not asked for.
        var size: Int
        var bytes: [UInt8]
    }

    enum Entry: Equatable {
        case object(String, Content)
        case missing
    }

    /// One a request, in order.
    private(set) var entries: [Entry] = []
    let hasBodies: Bool

    /// Takes as much of the bytes as has this form.
    init(_ bytes: [UInt8], withBodies: Bool) {
        hasBodies = withBodies
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            guard words.count >= 3, let size = words.last.flatMap({ Int($0) }), size >= 0 else {
                entries.append(.missing)
                continue
            }
            var content = Content(size: size, bytes: [])
            if withBodies {
                guard rest.count > size else { return }
                content.bytes = Array(rest.prefix(size))
                rest = rest.dropFirst(size + 1)
            }
            entries.append(.object(String(words[words.count - 2]), content))
        }
    }
}

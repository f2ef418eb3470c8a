/// What `git cat-file --batch` and `--batch-check` answer: one `<id> <type> <size>` or `<name> missing` line a request,
/// followed with `--batch` by the object's bytes and a line feed. With `--follow-symlinks`, a link to no object is
/// `<why> <size>` and a line of that size.
struct BatchReply {
    struct Content: Equatable {
        /// In bytes, also where the bytes were not asked for.
        var size: Int
        var bytes: [UInt8]
    }

    enum Entry: Equatable {
        case object(String, Content)
        /// A symbolic link to nothing at the commit, and where it leads.
        case link(String)
        case missing
    }

    /// One a request, in order.
    private(set) var entries: [Entry] = []
    let hasBodies: Bool

    private static let links: [Substring: String] = [
        "symlink": "leads out of the repository", "dangling": "leads to nothing in the repository",
        "loop": "leads back to itself", "notdir": "",
    ]

    /// Takes as much of the bytes as has this form.
    init(_ bytes: [UInt8], withBodies: Bool) {
        hasBodies = withBodies
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let words = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
            rest = rest[(end + 1)...]
            if words.count == 2, let size = Int(words[1]), let why = Self.links[words[0]] {
                guard rest.count > size else { return }
                let target = String(decoding: rest.prefix(size), as: UTF8.self)
                rest = rest.dropFirst(size + 1)
                entries.append(why.isEmpty ? .missing : .link(words[0] == "symlink" ? "\(why), to \(target)" : why))
                continue
            }
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

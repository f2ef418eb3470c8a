/// A folder as a tar archive, made as it is read, so that a context of any size takes no memory.
///
/// Symbolic links go in as links. Every file is opened from its folder's descriptor without following links, so that no
/// link, not even one put there meanwhile, leads out of the context.
struct ContextArchive: AsyncSequence, Sendable {
    typealias Element = [UInt8]
    typealias Failure = any Error

    let folder: String
    let rules: IgnoreRules
    /// Files that come last, in place of the folder's own.
    var added: [File] = []

    /// A file at the top that the folder need not have.
    struct File: Sendable {
        let name: String
        let bytes: [UInt8]

        init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    func makeAsyncIterator() -> Iterator {
        Iterator(walk: ContextWalk(folder: folder, rules: rules, added: added))
    }

    struct Iterator: AsyncIteratorProtocol {
        let walk: ContextWalk

        mutating func next() async throws -> [UInt8]? { try await walk.next() }
    }
}

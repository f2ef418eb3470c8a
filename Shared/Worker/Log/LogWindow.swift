import Contracts

/// The chunks of one log that were sent or are about to be, and not all confirmed yet.
///
/// Several are under way at once. When one is rejected, those sent behind it may have arrived: they are sent again
/// after it all the same, so that a reader who takes only what continues the log gets all of it. Repeats do no harm,
/// a chunk is known by its offset.
struct LogWindow {
    struct Entry: Equatable {
        var offset: Int64
        var text: String
        var times: [LogTime] = []
    }

    private enum State {
        case waiting, underWay, confirmed
    }

    let capacity: Int
    private var entries: [(entry: Entry, state: State)] = []
    /// The first offset that has to go again, once nothing is under way any more.
    private var rejected: Int64?

    init(capacity: Int) {
        self.capacity = capacity
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Whether another chunk may be added.
    var hasRoom: Bool { entries.count < capacity && rejected == nil }

    /// `true` after a rejection, as soon as every chunk under way has come to an end: time to back off and
    /// ``resume()``.
    var isSettled: Bool { rejected != nil && !entries.contains { $0.state == .underWay } }

    mutating func add(_ entry: Entry) {
        entries.append((entry, .waiting))
    }

    /// The next chunk to send, or `nil` if there is none or a rejection has to settle first.
    mutating func next() -> Entry? {
        guard rejected == nil, let index = entries.firstIndex(where: { $0.state == .waiting }) else { return nil }
        entries[index].state = .underWay
        return entries[index].entry
    }

    mutating func confirmed(_ offset: Int64) {
        guard let index = entries.firstIndex(where: { $0.entry.offset == offset }) else { return }
        entries[index].state = .confirmed
        let sure = entries.prefix { $0.state == .confirmed && $0.entry.offset < (rejected ?? .max) }
        entries.removeFirst(sure.count)
    }

    mutating func rejected(_ offset: Int64) {
        guard let index = entries.firstIndex(where: { $0.entry.offset == offset }) else { return }
        entries[index].state = .waiting
        rejected = min(rejected ?? offset, offset)
    }

    /// Sends from the rejected chunk on again.
    mutating func resume() {
        guard let from = rejected else { return }
        rejected = nil
        for index in entries.indices where entries[index].entry.offset >= from && entries[index].state == .confirmed {
            entries[index].state = .waiting
        }
    }
}

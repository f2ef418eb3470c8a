import DequeModule

/// The messages sent on a channel in confirm mode that the broker has not settled, in the order they were sent.
///
/// The broker counts the messages of a channel from 1 and settles them by that number, out of order, one by one or all
/// up to one.
struct ConfirmWindow<Entry> {
    private let limit: Int
    /// The number of the first slot.
    private var first: UInt64 = 1
    /// `nil` is settled or given up; only kept until all before it are settled as well.
    private var slots: Deque<Slot> = []
    /// How many the broker still has to settle, those given up included.
    private(set) var unsettled = 0

    private struct Slot {
        var entry: Entry?
        var settled = false
    }

    /// - Parameter limit: How many may be unsettled, at least 1.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var hasRoom: Bool { unsettled < limit }

    /// Records a message as sent.
    mutating func append(_ entry: Entry) {
        slots.append(Slot(entry: entry))
        unsettled += 1
    }

    /// Settles one message, or all up to it, and hands those not given up to `body` in their order.
    ///
    /// - Returns: Whether the number is one that was sent and not yet settled.
    @discardableResult
    mutating func settle(_ tag: UInt64, multiple: Bool, _ body: (Entry) -> Void) -> Bool {
        // With `multiple`, 0 stands for all that are outstanding.
        let last = multiple && tag == 0 ? first + UInt64(slots.count) - 1 : tag
        guard last >= first, last - first < UInt64(slots.count) else { return false }
        let index = Int(last - first)
        guard multiple || !slots[index].settled else { return false }
        for index in (multiple ? 0 : index)...index where !slots[index].settled {
            slots[index].settled = true
            unsettled -= 1
            if let entry = slots[index].entry {
                slots[index].entry = nil
                body(entry)
            }
        }
        while let slot = slots.first, slot.settled {
            slots.removeFirst()
            first += 1
        }
        return true
    }

    /// Changes the first unsettled message that `body` says it has changed.
    @discardableResult
    mutating func update(_ body: (inout Entry) -> Bool) -> Bool {
        for index in slots.indices {
            guard var entry = slots[index].entry, body(&entry) else { continue }
            slots[index].entry = entry
            return true
        }
        return false
    }

    /// Gives up the messages that `body` chooses: nobody waits for them any more, the broker still settles them.
    mutating func giveUp(where body: (Entry) -> Bool) {
        for index in slots.indices {
            if let entry = slots[index].entry, body(entry) { slots[index].entry = nil }
        }
    }

    /// Those somebody still waits for.
    var entries: some Sequence<Entry> {
        slots.lazy.compactMap(\.entry)
    }

    /// Empties the window, for a new channel: the fate of what is returned is not known.
    mutating func drain() -> [Entry] {
        defer {
            slots.removeAll(keepingCapacity: true)
            first = 1
            unsettled = 0
        }
        return slots.compactMap(\.entry)
    }
}

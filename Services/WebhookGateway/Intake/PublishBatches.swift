import NIOCore
import NIOPosix
import Synchronization

/// Hands what one turn of an event loop publishes to the broker's thread together: one wake-up, one write to the broker,
/// and there one entry of the queue's log, instead of one of each for every hook.
final class PublishBatches<Publication: Sendable>: Sendable {
    typealias Send = @Sendable ([Publication]) -> Void

    /// More than this is not kept back: the broker would have nothing to do while the rest of the turn's hooks are read.
    private static var size: Int { 4 }

    private final class Batch: Sendable {
        private struct State {
            var publications: [Publication] = []
            /// Whether the end of this turn will send what there is.
            var isScheduled = false
        }
        private let state = Mutex(State())

        /// - Returns: The batch, if it is full, and whether the end of this turn has to be asked for.
        func append(_ publication: Publication) -> (full: [Publication], isFirst: Bool) {
            state.withLock { state in
                let isFirst = !state.isScheduled
                state.isScheduled = true
                state.publications.append(publication)
                return (state.publications.count == PublishBatches.size ? Self.take(&state) : [], isFirst)
            }
        }

        /// What is left at the end of a turn.
        func finish() -> [Publication] {
            state.withLock { state in
                state.isScheduled = false
                return Self.take(&state)
            }
        }

        private static func take(_ state: inout State) -> [Publication] {
            defer { state.publications.removeAll(keepingCapacity: true) }
            return state.publications
        }
    }

    private let send: Send
    /// The batch of the thread that asks, if it is an event loop's.
    private let current = ThreadSpecificVariable<Batch>()

    init(send: @escaping Send) {
        self.send = send
    }

    func publish(_ publication: Publication) {
        guard let loop = MultiThreadedEventLoopGroup.currentEventLoop else { return send([publication]) }
        let batch: Batch
        if let own = current.currentValue {
            batch = own
        } else {
            batch = Batch()
            current.currentValue = batch
        }
        let (full, isFirst) = batch.append(publication)
        if !full.isEmpty { send(full) }
        // It runs when this turn has read what there was to read.
        if isFirst {
            loop.execute { [send] in
                let rest = batch.finish()
                if !rest.isEmpty { send(rest) }
            }
        }
    }
}

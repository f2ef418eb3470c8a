import Synchronization
import Threading

/// Commands from any thread for an actor that is busy with its connection.
///
/// The actor takes all of them at once between two looks at its socket; a producer wakes it only for the first.
final class Inbox<Command: Sendable>: Sendable {
    private struct State {
        var commands: [Command] = []
        var closed: AMQPError?
    }

    private let state = Mutex(State())
    private let thread: PinnedThread

    init(thread: PinnedThread) {
        self.thread = thread
    }

    /// - Returns: Why the command was not taken: the actor has ended.
    @discardableResult
    func post(_ command: Command) -> AMQPError? {
        let (wakes, error) = state.withLock { state in
            if let error = state.closed { return (false, AMQPError?.some(error)) }
            state.commands.append(command)
            return (state.commands.count == 1, nil)
        }
        if wakes { thread.notify() }
        return error
    }

    /// - Returns: Why none of the commands was taken: the actor has ended.
    @discardableResult
    func post(_ commands: [Command]) -> AMQPError? {
        let (wakes, error) = state.withLock { state in
            if let error = state.closed { return (false, AMQPError?.some(error)) }
            let wakes = state.commands.isEmpty && !commands.isEmpty
            state.commands.append(contentsOf: commands)
            return (wakes, nil)
        }
        if wakes { thread.notify() }
        return error
    }

    /// Exchanges the commands for the emptied array of the time before.
    func take(_ commands: inout [Command]) {
        commands.removeAll(keepingCapacity: true)
        state.withLock { swap(&$0.commands, &commands) }
    }

    /// Refuses all further commands.
    func close(_ error: AMQPError) {
        state.withLock { $0.closed = $0.closed ?? error }
    }
}

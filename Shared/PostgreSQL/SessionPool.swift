#if PostgreSQL
    import Synchronization

    /// Sessions that read, one reader each at a time; they connect when they are first used.
    final class SessionPool: Sendable {
        private struct State {
            /// The one used last at the end: the fewer are used, the fewer the server keeps.
            var idle: [PostgreSQLSession]
            var waiting: [CheckedContinuation<PostgreSQLSession, Never>] = []
        }

        let sessions: [PostgreSQLSession]
        private let state: Mutex<State>

        init(_ sessions: [PostgreSQLSession]) {
            self.sessions = sessions
            state = Mutex(State(idle: sessions.reversed()))
        }

        func use<Value: Sendable>(_ body: (PostgreSQLSession) async throws -> Value) async throws -> Value {
            let session = await take()
            defer { release(session) }
            return try await body(session)
        }

        private func take() async -> PostgreSQLSession {
            await withCheckedContinuation { continuation in
                let session = state.withLock { state in
                    let session = state.idle.popLast()
                    if session == nil { state.waiting.append(continuation) }
                    return session
                }
                if let session { continuation.resume(returning: session) }
            }
        }

        private func release(_ session: PostgreSQLSession) {
            let next = state.withLock { state -> CheckedContinuation<PostgreSQLSession, Never>? in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.idle.append(session)
                return nil
            }
            next?.resume(returning: session)
        }
    }
#endif

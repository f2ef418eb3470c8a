import CLinux
import Glibc
import Synchronization

/// The processes that steps leave to this program when their parents end, whatever they did to be found no more: cleared
/// their environment, closed what they were given, left their session.
///
/// The kernel hands them to the nearest ancestor that asks for it. Whom this program starts itself is either in its own
/// session or started by way of ``child(isStep:_:)``; any other child is an orphan, since no process gets into a session
/// but by its parent. Which step it is of nobody knows, so that all are ended as soon as no step runs.
public final class Orphans: Sendable {
    public static let ofThisProgram = Orphans()

    private struct State {
        var areAdopted = false
        var known: Set<Int32> = []
        /// Children that are being started, whose numbers are not known yet.
        var starting = 0
        var steps = 0
    }

    private let state = Mutex(State())

    /// Has the kernel hand orphans to this program from now on. Call it before the first of them can be there.
    public func adopt() {
        state.withLock { state in
            state.known = Set(Self.children())
            state.areAdopted = clinux_adopt_orphans() == 0
        }
    }

    /// Starts a child that may have its own session, and waits for its end.
    /// - Parameters:
    ///   - isStep: whether it is a step's, which may leave orphans that belong to it while it runs.
    ///   - run: starts it, says its number as soon as it is known, and collects it.
    public func child<Value>(
        isStep: Bool = false, _ run: (_ started: @escaping @Sendable (Int32) -> Void) async throws -> Value
    ) async rethrows -> Value {
        let number = Mutex<Int32?>(nil)
        state.withLock { state in
            state.starting += 1
            if isStep { state.steps += 1 }
        }
        defer {
            state.withLock { state in
                if let number = number.withLock({ $0 }) { state.known.remove(number) } else { state.starting -= 1 }
                if isStep { state.steps -= 1 }
            }
        }
        return try await run { [self] process in
            state.withLock { state in
                guard number.withLock({ $0 }) == nil else { return }
                number.withLock { $0 = process }
                state.known.insert(process)
                state.starting -= 1
            }
        }
    }

    /// Kills all orphans where no step runs, and collects those that have ended.
    /// - Returns: whether there were any that ran.
    @discardableResult
    public func end() async -> Bool {
        var wereAny = false
        for round in 0..<200 {
            guard let left = look(), left > 0 else { break }
            wereAny = true
            // A separate task, because a sleep in a cancelled one returns at once.
            let pause = Duration.milliseconds(min(50, 1 << min(round, 6)))
            await Task { do { try await Task.sleep(for: pause) } catch {} }.value
        }
        return wereAny
    }

    /// - Returns: how many were killed; `nil` where it cannot be told who is an orphan.
    private func look() -> Int? {
        state.withLock { state in
            guard state.areAdopted, state.starting == 0 else { return nil }
            let own = getsid(0)
            var killed = 0
            for child in Self.children() where !state.known.contains(child) && getsid(child) != own {
                // One that has ended is collected in any case: nobody else does.
                if waitpid(child, nil, WNOHANG) != 0 || state.steps > 0 { continue }
                kill(child, SIGKILL)
                killed += 1
            }
            return killed
        }
    }

    /// The children of this program, those that have ended and are not collected yet among them.
    private static func children() -> [Int32] {
        guard let threads = opendir("/proc/self/task") else { return [] }
        defer { closedir(threads) }
        var found: [Int32] = []
        while let entry = readdir(threads) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.first != ".", let file = fopen("/proc/self/task/\(name)/children", "re") else { continue }
            defer { fclose(file) }
            var line: UnsafeMutablePointer<CChar>?
            var length = 0
            defer { free(line) }
            guard getline(&line, &length, file) > 0, let line else { continue }
            found += String(cString: line).split(separator: " ").compactMap { Int32($0) }
        }
        return found
    }
}

import Contracts
import Synchronization

/// Finds out whether a hook with a secret that is not its repository's was sent by a hook of this installation all the same:
/// a group's hook with the secret of one of its repositories, or a hook copied from another repository. Its push then
/// makes the repository known as discovered, where it is not registered.
///
/// Strangers come here too. What they can have done is bounded: so many questions a second, and for each so much hashing.
final class HookInquiries: Sendable {
    typealias Ask = @Sendable (HookInquiry) async throws -> HookInquiryReply

    /// Bytes that are hashed for one hook, at most: a signature is tried over the whole body for each candidate, which is
    /// a group's secret or a repository's.
    static let work = 8 << 20
    /// As many candidates are tried of a body of any size, also where that is more work.
    static let fewest = 16

    private let ask: Ask
    private let groups: [(holder: HookSecrets.Holder, path: RepositoryPath)]
    private let budget: Mutex<InquiryBudget>

    init(groups: GroupSecrets, budget: InquiryBudget = InquiryBudget(), ask: @escaping Ask) {
        self.groups = groups.names.enumerated().filter { $0.element != "*" }.map {
            (.group($0.offset), RepositoryPath(rawValue: $0.element))
        }
        self.budget = Mutex(budget)
        self.ask = ask
    }

    /// Whether one more may be asked now.
    func admit(now: ContinuousClock.Instant = .now) -> Bool { budget.withLock { $0.take(now: now) } }

    /// - Returns: the repository, or the group, whose secret the hook has; `nil` where it has none that is known, or its
    ///   own repository is registered and so has its own secret. Neither does a hook count whose clone address, which
    ///   people are to register, is not that of its repository, or is of a server of which nothing is registered.
    /// - Throws: whatever keeps the platform from being asked.
    func sender(of claim: HookClaim, bytes: Int) async throws -> RepositoryPath? {
        guard let cloneURL = claim.cloneURL, (try? CloneURL(cloneURL))?.base(of: claim.subject) != nil else {
            return nil
        }
        let reply = try await ask(HookInquiry(repository: claim.subject, cloneURL: cloneURL))
        let count = max(Self.fewest, Self.work / max(1, bytes))
        // In any case, so that the time does not tell whether the repository is registered.
        let candidates = groups + reply.neighbours.map { (.alone($0), $0) }
        let sender = candidates.prefix(count).first { candidate in
            do throws(HookRefusal) {
                try claim.verify(candidate.holder)
                return true
            } catch {
                return false
            }
        }
        return reply.isRegistered || reply.neighbours.isEmpty ? nil : sender?.path
    }
}

/// How many may ask: so many at once, and then as many as come back with time.
struct InquiryBudget: Equatable {
    static let burst = 20.0
    static let perSecond = 5.0

    private var left = burst
    private var last: ContinuousClock.Instant?

    mutating func take(now: ContinuousClock.Instant) -> Bool {
        if let last { left = min(Self.burst, left + (now - last) / .seconds(1) * Self.perSecond) }
        last = now
        guard left >= 1 else { return false }
        left -= 1
        return true
    }
}

import Contracts

extension Trigger {
    /// The events a person can make.
    static let eventsByHand: [Event] = [.push, .tag, .custom, .cron, .promote, .rollback]

    /// What a person asks for. A short name of a ref stays as it is: sync has the mirror and finds out what it is.
    /// - Throws: ``OperationError`` where the event cannot be made by hand, or contradicts what is given with it.
    init(byHand request: RunRequest, defaultBranch: String, now: Timestamp) throws(OperationError) {
        try Self.check(request)
        let ref = request.ref ?? "refs/heads/\(defaultBranch)"
        self.init(
            id: .make(at: now), event: request.event ?? (ref.hasPrefix("refs/tags/") ? .tag : .push),
            eventFollowsRef: request.event == nil ? true : nil, repository: request.repository, ref: ref,
            target: request.target, cron: request.cron, parameters: request.parameters ?? [:],
            run: .make(at: now), receivedAt: now)
    }

    private static func problem(ofRef ref: String) -> String? {
        if ref.isEmpty { return "the ref is empty" }
        return ref.hasPrefix("refs/") ? GitRef.problem(ref) : GitRef.branchProblem(ref)
    }

    private static func check(_ request: RunRequest) throws(OperationError) {
        let event = request.event
        if let ref = request.ref, let problem = problem(ofRef: ref) {
            throw .invalid(
                "malformed_ref", problem,
                remedy: "give a branch, a tag or a commit, or leave it out for the default branch")
        }
        switch event {
        case .pullRequest:
            throw .invalid(
                "malformed_event", "a merge request's run cannot be started by hand",
                remedy: "run its branch as a push: leave the event out and give the branch as the ref")
        case .tag where request.ref == nil:
            throw .invalid(
                "malformed_event", "the event tag needs a tag, and the default branch is not one",
                remedy: "give the tag as the ref, such as --ref v1.0.0")
        case .promote, .rollback:
            guard request.target?.isEmpty == false else {
                throw .invalid(
                    "malformed_event", "the event \(event?.rawValue ?? "") needs the environment it is for",
                    remedy: "give it as the target, such as --target production")
            }
        default: break
        }
        if request.target != nil, event != .promote, event != .rollback {
            throw .invalid(
                "malformed_event", "a target is for the events promote and rollback",
                remedy: "leave it out, or give one of these events")
        }
        if request.cron != nil, event != .cron {
            throw .invalid(
                "malformed_event", "a schedule's name is for the event cron", remedy: "leave it out, or give that event"
            )
        }
    }
}

/// What a plan is told and what it answers.
extension ReplacementPlan {
    /// What two containers cannot both use at the same time.
    enum Resource: Sendable, Hashable {
        /// Of the host, as `8080/tcp`.
        case port(String)
        case hostNetwork
        /// In a network, by its name.
        case address(String, network: String)
        /// A volume's name or a folder of the host that the container writes to.
        case files(String)

        /// Whether both are the same, or one is a folder in the other.
        func isShared(with other: Resource) -> Bool {
            guard case .files(let own) = self, case .files(let theirs) = other else { return self == other }
            return own == theirs || own.isFolder(around: theirs) || theirs.isFolder(around: own)
        }
    }

    enum Order: String, Sendable {
        case startFirst = "start-first"
        case stopFirst = "stop-first"
    }

    /// What the rollout wants.
    struct Wanted: Sendable, Equatable {
        var job: String
        /// Grows with every rollout.
        var sequence: Int64?
        /// A digest of all the container is made of.
        var fingerprint: String
        var resources: Set<Resource> = []
        /// `nil`: the old one stops first where both use the same resource.
        var order: Order?
        /// What it is to answer to besides its name, by network.
        var aliases: [String: Set<String>] = [:]
        /// The ids of the containers there were when the rollout began; `nil`: those that are found first.
        var known: Set<String>?
    }

    /// A container as far as the plan looks at it.
    struct Found: Sendable, Equatable {
        var id: String
        var place: ServiceNames.Place
        var sequence: Int64?
        /// The rollout that made it, if Slipway did.
        var job: String?
        var isRunning: Bool
        /// When it was started last, in the engine's words; `nil` while it does not run, or waits to be started again.
        var start: String?
        var fingerprint: String?
        var resources: Set<Resource> = []
        /// The id of the old container that stops for it.
        var stops: String?
        /// Whether it is gone as soon as it stops.
        var removesItself = false
        var networks: Set<String> = []
        /// What it answers to besides its name, by network.
        var answers: [String: Set<String>] = [:]
        /// What it takes from the old one: the aliases that one has, in networks where any of them is taken.
        var aliases: [String: [String]] = [:]
    }

    enum Step: Sendable, Equatable {
        /// Makes the new container, not started; with the id of the old one that stops for it.
        case create(stopping: String?)
        case start(String)
        /// Finds out whether the new one is well.
        case check(String)
        /// Finds out whether the one in service, which is just as wanted, is well.
        case confirm(String)
        case stop(String)
        /// Starts the old one again.
        case startOld(String)
        case rename(String, to: ServiceNames.Place)
        /// Gives a new one that is well its aliases, by network, which the old one still has.
        case join(String, [String: Set<String>])
        /// Waits until nobody asks the old one any more, while the new one works.
        case drain(String, for: String)
        /// Stops an old one for good.
        case end(String)
        /// Stops a new one that was in service, and is well, once those who have just asked for it are answered.
        case letGo(String)
        /// Removes an old one that has stopped.
        case remove(String)
        /// Gives the old one back what the new one took from it: aliases, by network.
        case rejoin(String, [String: [String]])
        /// Shows what a new one that is not well wrote, and removes it.
        case discard(String)
        case done(String, isUnchanged: Bool)
        case refuse(Refusal)
        /// After a failure: all is as it was, as far as that is possible.
        case gaveUp(restored: Bool)
    }

    enum Refusal: Sendable, Equatable {
        /// A rollout with this number has taken over.
        case newer(Int64)
        /// Somebody else put this container into the service's place.
        case replaced(by: String)
        /// Somebody else removed the new container.
        case removed
        /// The new one, which was well, ended or was started again.
        case ended(String)
        /// The old one would have to stop first, and would not be there to come back.
        case wouldBeGone(String)
    }

    /// What came of a step, as far as the containers do not tell.
    enum Event: Sendable, Equatable {
        case created(String)
        case started(String)
        case well(String)
        /// Has its aliases, and is still well.
        case joined(String)
        case ill(String)
        /// An old one that cannot be started again.
        case cannotRun(String)
        /// An old one that cannot have its aliases back.
        case cannotJoin(String)
        /// An old one that cannot be removed: it stays.
        case cannotGo(String)
        /// An old one that nobody asks any more.
        case drained(String)
        /// Somebody else's container has the name for ``ServiceNames/Place/leaving``.
        case cannotOverlap
    }
}

extension ReplacementPlan.Step {
    /// Whether it does something to a container.
    var changes: Bool {
        switch self {
        case .check, .confirm, .done, .refuse, .gaveUp: false
        case .create, .start, .stop, .startOld, .rename, .join, .drain, .end, .letGo, .remove, .rejoin, .discard: true
        }
    }
}

extension String {
    /// Whether it is the path of a folder that the other path leads into.
    fileprivate func isFolder(around path: String) -> Bool {
        hasPrefix("/") && path.hasPrefix(self == "/" ? self : self + "/")
    }
}

import DockerEngine

/// What there is of a service on a Docker host, and what to do about it.
struct ReplacementPlan: Equatable {
    /// A container as far as the plan looks at it.
    struct Found: Equatable {
        var id: String
        var name: String
        var sequence: Int64?
        /// The job that made it, if Slipway did.
        var job: String?
        var isRunning: Bool
        /// What it publishes, as `8080/tcp`.
        var hostPorts: Set<String>
    }

    enum Step: Equatable {
        case remove(String)
        case rename(String, to: String)
        case start(String)
        case stop(String)
    }

    enum Course: Equatable {
        /// The new one runs already under the service's name: only see that it is well.
        case settled(id: String)
        /// The new one starts beside the old one, which goes when the new one is well.
        case sideBySide(old: String?)
        /// Both want the same port of the host: the old one stops first, and comes back if the new one is not well.
        case inPlace(old: String)
        case refuse(String)
    }

    /// Puts in order what a worker before left half done.
    var repairs: [Step] = []
    var course: Course

    static func nextName(_ service: String) -> String { "\(service)-next" }
    static func previousName(_ service: String) -> String { "\(service)-previous" }

    /// - Parameters:
    ///   - found: The containers with the service's name or one of the two beside it.
    ///   - ports: The ports of the host the new one wants, as `8080/tcp`.
    init(service: String, job: String, sequence: Int64?, ports: Set<String>, found: [Found]) {
        if let sequence, let newer = found.first(where: { ($0.sequence ?? .min) > sequence }) {
            course = .refuse(
                "a newer rollout of “\(service)” is there: number \(newer.sequence ?? 0), this one is \(sequence)")
            return
        }
        var current = found.first { $0.name == service }
        let previous = found.first { $0.name == Self.previousName(service) }
        let next = found.first { $0.name == Self.nextName(service) }
        if let current, current.job == job, current.isRunning {
            repairs = [previous, next].compactMap { $0.map { .remove($0.id) } }
            course = .settled(id: current.id)
            return
        }
        // Begun and not finished: what the new one did until now is not known, so it is made again.
        if let next { repairs.append(.remove(next.id)) }
        if let own = current, own.job == job {
            repairs.append(.remove(own.id))
            current = nil
        }
        if let previous {
            if current == nil {
                repairs += [.rename(previous.id, to: service), .start(previous.id)]
                current = previous
            } else {
                // The one with the service's name took its place.
                repairs.append(.remove(previous.id))
            }
        }
        if let current {
            course =
                current.hostPorts.isDisjoint(with: ports) ? .sideBySide(old: current.id) : .inPlace(old: current.id)
        } else {
            course = .sideBySide(old: nil)
        }
    }
}

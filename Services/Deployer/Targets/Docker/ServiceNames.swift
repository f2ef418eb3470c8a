/// The names of a service's containers while one takes the place of another.
///
/// In a user-defined network a container answers to its name, so that naming it is what brings requests to it. The engine's
/// DNS does not look at the case of letters and its list of names does: a container that is ready is called `Web` beside
/// `web`, both answer for a moment, and then the old one's name goes. Nobody ever asks for a name that is not there, and no
/// connection is cut, which both happens where an alias changes hands. The engine takes a container's name from its DNS
/// before it puts the next one there, so that each one is renamed while another answers: the old one is called `wEb` while
/// the new one becomes `web`.
struct ServiceNames: Sendable, Equatable {
    /// What place a container has.
    enum Place: Sendable, CaseIterable {
        /// The one in service.
        case current
        /// The new one; whether it is well is not known.
        case next
        /// The new one, known to be well, about to be in service.
        case ready
        /// The old one, which answers beside the new one while that takes its name.
        case leaving
        /// The old one; the new one is in service.
        case previous
    }

    let current: String

    init(_ service: String) { current = service }

    var next: String { "\(current)-next" }
    var previous: String { "\(current)-previous" }

    /// Without letters there is nothing to tell them apart by but another word.
    var ready: [String] {
        let word = "\(current)-ready"
        guard let letter = current.firstIndex(where: { $0.isASCII && $0.isLetter }) else { return [word] }
        return [current.changingCase(at: letter), word]
    }

    /// `nil` for a service with fewer than two letters, which has no third spelling.
    var leaving: String? {
        current.indices.filter { current[$0].isASCII && current[$0].isLetter }.dropFirst().first
            .map { current.changingCase(at: $0) }
    }

    /// The names of a place. The first one that is free is taken: another service, or somebody's container, may be
    /// called so.
    func names(of place: Place) -> [String] {
        switch place {
        case .current: [current]
        case .next: [next, "\(current)-new"]
        case .ready: ready
        case .leaving: leaving.map { [$0] } ?? names(of: .previous)
        case .previous: [previous, "\(current)-old"]
        }
    }

    /// All names there are, with their places.
    var all: [(name: String, place: Place)] {
        Place.allCases.filter { $0 != .leaving || leaving != nil }.flatMap { place in
            names(of: place).map { ($0, place) }
        }
    }
}

extension String {
    fileprivate func changingCase(at index: Index) -> String {
        let letter = self[index].isLowercase ? self[index].uppercased() : self[index].lowercased()
        return String(self[..<index]) + letter + String(self[self.index(after: index)...])
    }
}

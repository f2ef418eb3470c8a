import Contracts

/// Which events a channel receives.
struct EventFilter: Sendable, Equatable {
    /// Types without what they have in common (`service.*` is every one of services); none is ``standard`` and ``trouble``.
    var events: [String]
    /// Paths, or groups as `shop/*`; none is every repository.
    var repositories: [String]

    /// What people want to know: how runs ended and what runs where. Not each step.
    static let standard = ["pipelinerun.finished", "service.deployed", "service.upgraded", "service.rolledback"]
    /// And what somebody has to look after: it is of no repository, so that a channel of some does not get it.
    static let trouble = ["slipway-trouble.*", "slipway-push.missed"]

    /// Every type, such as `pipelinerun.finished`.
    static let known = EventType.allCases.map { type in
        type.rawValue.split(separator: ".").dropLast(3).suffix(2).joined(separator: ".")
    }

    func takes(_ event: CloudEvent) -> Bool {
        let type = EventWords.shortType(event)
        guard
            (events.isEmpty ? Self.standard + Self.trouble : events).contains(where: {
                Self.pattern($0, matches: type, at: ".")
            })
        else { return false }
        guard !repositories.isEmpty else { return true }
        guard let repository = Self.repository(of: event) else { return false }
        return repositories.contains { Self.pattern($0, matches: repository, at: "/") }
    }

    /// `*` at the end, or alone, stands for the rest.
    static func pattern(_ pattern: String, matches text: String, at separator: Character) -> Bool {
        if pattern == "*" { return true }
        guard pattern.last == "*", pattern.dropLast().last == separator else { return pattern == text }
        return text.hasPrefix(pattern.dropLast())
    }

    static func repository(of event: CloudEvent) -> String? {
        (event.data.customData?["repository"] ?? event.data.subject.content["repository"]?["id"])?.string
    }
}

import Contracts
import PipelineLanguage
import Text

/// A registry login as it is kept: where it is for, and which jobs it is used for.
struct RegistryAccess: Sendable, Equatable {
    var place: RegistryPlace
    var username: String
    var rules: RegistryRules
    var sealed: SealedSecret

    var view: RegistryView { RegistryView(host: place.description, username: username, rules: rules) }

    /// Why no job of this origin uses it, with the command that changes that; `nil` where they do.
    func refusal(of origin: RunOrigin) -> String? {
        let rule = OriginRule(
            repositories: rules.repositories.isEmpty ? nil : rules.repositories, refs: rules.refs, events: rules.events)
        return rule.refusal(of: origin).map { refusal in
            "the login for \(place) is not for \(refusal.what)"
                + refusal.text("slipway registry limit \(ShellWord.quote(place.description))")
        }
    }

    /// Whether no limit holds within a job: then a worker that knows none does no harm with it.
    var isUnlimited: Bool {
        place.path.isEmpty && rules.allUses.count == RegistryUse.allCases.count && rules.areCommandsGiven(at: place)
    }
}

/// Which registries the steps of a job name: it is sent the logins for these, and for no others.
struct RegistryNeeds: Sendable {
    private var texts: [String] = []
    /// Whether images are needed that the worker alone can tell: those that one is built upon, as its Dockerfile says, and
    /// those that a step hands on.
    private var builds = false
    /// Whether a step has an image that names no registry, or commands, which may.
    private var usesHub = false

    /// - Parameter handedOn: what the texts may refer to: outputs, parameters, variables.
    init(of part: JobPart, handedOn: [String]) {
        for step in part.stage.steps + part.stage.services {
            if step.build != nil { builds = true }
            let image = step.image ?? step.deploy?.image
            if image.map(Self.isOfHub) ?? !step.commands.isEmpty { usesHub = true }
        }
        texts = part.document.texts
        if texts.contains(where: { $0.contains("${") }) { texts += handedOn }
        // What a step of the job hands on to a later one is known only there.
        let own = part.stage.steps.map { "${steps.\($0.name)." }
        if texts.contains(where: { text in own.contains { text.contains($0) } }) { builds = true }
    }

    func need(_ access: RegistryAccess) -> Bool {
        if builds, access.rules.allUses.contains(.pull) { return true }
        if usesHub, access.place.host == "docker.io" { return true }
        return texts.contains { access.place.isNamed(in: $0) }
    }

    private static func isOfHub(_ image: String) -> Bool {
        guard let slash = image.firstIndex(of: "/") else { return true }
        let first = image[..<slash]
        return !first.contains(".") && !first.contains(":") && first != "localhost"
    }
}

extension JSONValue {
    /// All texts in it.
    fileprivate var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(\.texts)
        case .object(let members): members.flatMap { [$0.key] + $0.value.texts }
        default: []
        }
    }
}

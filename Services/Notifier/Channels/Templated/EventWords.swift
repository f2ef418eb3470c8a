import Contracts
import FoundationEssentials
import Text

/// What a template can say of an event: its values by name, all texts and bounded, and none a template itself.
struct EventWords {
    /// A text with more than so many characters is cut: a chat takes no novel.
    static let limit = 2_000

    private(set) var values: [String: String] = [:]

    init(_ event: CloudEvent) {
        let content = event.data.subject.content
        let custom = event.data.customData ?? .null
        set("type", Self.shortType(event))
        set("id", event.id.rawValue)
        set("time", event.time.description)
        set("subject", event.data.subject.id)
        set("outcome", content["outcome"]?.string)
        set("pipeline", content["pipelineName"]?.string)
        set("errors", content["errors"]?.string ?? custom["reason"]?.string)
        set("uri", content["uri"]?.string)
        set("environment", content["environment"]?["id"]?.string)
        if content["uri"] == nil { set("uri", content["environment"]?["source"]?.string) }
        set("artifact", content["artifactId"]?.string)
        set("repository", EventFilter.repository(of: event))
        if case .integer(let number)? = custom["number"] { set("number", "\(number)") }
        for name in [
            "state", "event", "ref", "branch", "sender", "startedBy", "cancelledBy", "author", "commit", "message",
        ] {
            set(name, custom[name]?.string)
        }
        set("short", values["commit"].map { String($0.prefix(8)) })
        set("title", values["message"].map { String($0.prefix { !$0.endsLine }) })
        set("text", text(event))
    }

    private mutating func set(_ name: String, _ value: String?) {
        guard let value, !value.isEmpty else { return }
        values[name] = value.count > Self.limit ? value.prefix(Self.limit) + "…" : value
    }

    /// `dev.cdevents.pipelinerun.finished.0.3.0` → `pipelinerun.finished`
    static func shortType(_ event: CloudEvent) -> String {
        event.routingKey.split(separator: ".").suffix(2).joined(separator: ".")
    }

    /// A sentence or two for people.
    private func text(_ event: CloudEvent) -> String {
        switch event.data.context.type {
        case EventType.pipelineRunFinished.rawValue:
            let number = values["number"].map { " #\($0)" } ?? ""
            let about = [
                values["branch"] ?? values["ref"], values["title"], values["sender"].map { "by \($0)" },
                values["startedBy"].map { "run by \($0)" },
            ]
            let facts = about.compactMap(\.self).joined(separator: ", ")
            let lines = [
                "\(mark) \(values["repository"] ?? values["subject"] ?? "")\(number) \(verb)",
                facts.isEmpty ? nil : facts, values["outcome"] == "success" ? nil : values["errors"], values["uri"],
            ]
            return lines.compactMap(\.self).joined(separator: "\n")
        case EventType.serviceDeployed.rawValue: return rollout("was deployed")
        case EventType.serviceUpgraded.rawValue: return rollout("was upgraded")
        case EventType.serviceRolledBack.rawValue: return rollout("was rolled back")
        case EventType.pushMissed.rawValue, EventType.scheduleMissed.rawValue, EventType.scheduleFailed.rawValue:
            return "\(values["repository"] ?? ""): \(values["message"] ?? "")"
        case EventType.troubleBegan.rawValue, EventType.troubleEnded.rawValue:
            let isOver = event.data.context.type == EventType.troubleEnded.rawValue
            let lines = ["\(isOver ? "✔" : "⚠") \(values["message"] ?? values["subject"] ?? "")", values["uri"]]
            return lines.compactMap(\.self).joined(separator: "\n")
        default: return "\(values["type"] ?? "") \(values["subject"] ?? "")"
        }
    }

    private func rollout(_ what: String) -> String {
        let place = values["environment"].map { " in \($0)" } ?? ""
        let lines = ["\(values["subject"] ?? "")\(place) \(what)", values["artifact"], values["uri"]]
        return lines.compactMap(\.self).joined(separator: "\n")
    }

    private var mark: String {
        switch values["outcome"] {
        case "success": "✔"
        case "cancel": "○"
        default: "✘"
        }
    }

    private var verb: String {
        switch values["outcome"] {
        case "success": "succeeded"
        case "cancel": "was cancelled"
        default: "failed"
        }
    }
}

import Contracts
import FoundationEssentials

/// A component's page: its document, to read and to edit.
enum ComponentPage {
    private struct Link: Sendable {
        let name: String
        let href: String
    }

    static let beginning = """
        [
          {"step": "compile", "commands": ["make"]},
          {"step": "deploy", "commands": ["docker run -d registry.example/app"]}
        ]
        """

    static func content(
        _ name: String, _ component: ComponentView?, document: String, isSaved: Bool
    ) -> [String: Any] {
        let lineCount = document.count { $0 == "\n" } + 1
        var content: [String: Any] = [
            "gutter": (1...lineCount).map(String.init).joined(separator: "\n"), "name": name, "document": document,
            "revision": component.map(Self.revision) ?? "not kept yet",
            "repositories": (component?.repositories ?? []).map {
                Link(name: $0.rawValue, href: PagePath.repository.path([$0.rawValue]))
            },
            "rows": min(40, max(14, lineCount + 2)),
        ]
        if isSaved, let component { content["saved"] = "Kept as revision \(component.revision)." }
        return content
    }

    private static func revision(_ component: ComponentView) -> String {
        "revision \(component.revision)" + (component.savedBy.map { ", saved by \($0.text)" } ?? "")
    }

    /// The document as text for the editor.
    static func text(_ component: ComponentView?) throws -> String {
        guard let component else { return beginning }
        return try JSONLayout.text(of: component.document) + "\n"
    }

    /// The document of an editor's text.
    static func document(_ text: String) throws -> JSONValue {
        do {
            return try Wire.decode(JSONValue.self, from: Data(text.utf8))
        } catch {
            throw OperationError.invalid("not_json", "This is not JSON.", details: ["\(error)"])
        }
    }
}

/// A line of the list of components.
struct ComponentRow: Sendable {
    let name: String
    let revision: Int
    let repositories: [String]
    let savedBy: String?
    let updated: String
    let ago: String

    init(_ component: ComponentView, now: Timestamp) {
        name = component.name
        revision = component.revision
        repositories = component.repositories.map(\.rawValue)
        savedBy = component.savedBy?.text
        updated = component.updatedAt.description
        ago = TimeText.ago(component.updatedAt, now: now)
    }
}

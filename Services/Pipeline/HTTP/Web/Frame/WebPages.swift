import Contracts
import FoundationEssentials
import Mustache

/// The templates, compiled once, and the files that go with them. All of it is in the executable.
struct WebPages: Sendable {
    private let library: MustacheLibrary
    /// Changes with the files, so that a browser may keep them for good.
    let version: String

    static let sources: [String: [UInt8]] = [
        "layout": PackageResources.layout_mustache,
        "sign-in": PackageResources.sign_in_mustache,
        "link": PackageResources.link_mustache,
        "login": PackageResources.login_mustache,
        "account": PackageResources.account_mustache,
        "people": PackageResources.people_mustache,
        "people-nav": PackageResources.people_nav_mustache,
        "roles": PackageResources.roles_mustache,
        "role-row": PackageResources.role_row_mustache,
        "tokens": PackageResources.tokens_mustache,
        "token-row": PackageResources.token_row_mustache,
        "audit": PackageResources.audit_mustache,
        "problem": PackageResources.problem_mustache,
        "list-search": PackageResources.list_search_mustache,
        "list-pages": PackageResources.list_pages_mustache,
        "runs": PackageResources.runs_mustache,
        "run-row": PackageResources.run_row_mustache,
        "run": PackageResources.run_mustache,
        "run-head": PackageResources.run_head_mustache,
        "run-steps": PackageResources.run_steps_mustache,
        "run-why": PackageResources.run_why_mustache,
        "run-actions": PackageResources.run_actions_mustache,
        "log": PackageResources.log_mustache,
        "log-head": PackageResources.log_head_mustache,
        "repositories": PackageResources.repositories_mustache,
        "repository": PackageResources.repository_mustache,
        "components": PackageResources.components_mustache,
        "component": PackageResources.component_mustache,
        "environments": PackageResources.environments_mustache,
        "findings": PackageResources.findings_mustache,
        "process": PackageResources.process_mustache,
        "workers": PackageResources.workers_mustache,
        "parked": PackageResources.parked_mustache,
        "error": PackageResources.error_mustache,
    ]

    static let files: [String: (type: String, bytes: [UInt8])] = [
        "slipway.css": ("text/css; charset=utf-8", PackageResources.slipway_css),
        "slipway.js": ("text/javascript; charset=utf-8", PackageResources.slipway_js),
        "icon.svg": ("image/svg+xml", PackageResources.icon_svg),
    ]

    init() throws {
        var library = MustacheLibrary()
        for (name, source) in Self.sources {
            try library.register(String(decoding: source, as: UTF8.self), named: name)
        }
        self.library = library
        version = Self.fingerprint(Self.files.sorted { $0.key < $1.key }.flatMap(\.value.bytes))
    }

    /// A part of a page.
    func part(_ template: String, _ content: Any) -> String {
        library.render(content, withTemplate: template) ?? ""
    }

    /// FNV-1a: tells one set of files from another, nothing more.
    private static func fingerprint(_ bytes: [UInt8]) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return String(hash, radix: 36)
    }
}

import Contracts

/// What every page has around its content.
struct WebFrame: Sendable {
    enum Section: Sendable {
        case runs, repositories, components, environments, workers, people, roles, tokens, audit, parked, none

        /// The pages about people, and what somebody may who sees a link to them.
        static let aboutPeople: [(section: Section, page: PagePath, name: String, operation: Operation)] = [
            (.people, .people, "People", .seePeople), (.roles, .roles, "Roles", .seeRoles),
            (.tokens, .tokens, "Tokens", .seeOthersTokens), (.audit, .audit, "Audit log", .seeAudit),
        ]
    }

    /// As a sentence begins.
    fileprivate static func upright(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    /// A problem as a page shows it.
    struct Trouble: Sendable {
        let message: String
        let remedy: String?
        let details: [String]
        let hasDetails: Bool

        init(_ problem: Problem) {
            message = WebFrame.upright(problem.message)
            remedy = problem.remedy.map(WebFrame.upright)
            details = problem.details ?? []
            hasDetails = !details.isEmpty
        }
    }

    private struct Link: Sendable {
        let name: String
        let href: String
        let selected: Bool
    }

    let title: String
    let version: String
    let now: Int64
    /// Who is signed in.
    let principal: Principal?
    let section: Section
    /// Why the platform does not get on.
    var standstill: String?

    /// The frame's values and the content's, as one.
    func around(_ content: [String: Any]) -> [String: Any] {
        var values = content
        values["title"] = title
        values["version"] = version
        values["now"] = now
        values["standstill"] = standstill.map { reason in
            // What the machine has is the operators' business.
            principal?.may(.seeParked) == true
                ? Self.upright(reason) : "The platform cannot write down all that happens now"
        }
        values["session"] = principal != nil
        values["whoIs"] = principal?.name
        values["canSeeParked"] = principal?.may(.seeParked) ?? false
        let links = Section.aboutPeople.filter { principal?.may($0.operation) ?? false }
            .map { Link(name: $0.name, href: $0.page.path(), selected: $0.section == section) }
        values["peopleLinks"] = links
        values["hasPeopleLinks"] = links.count > 1
        values["aboutPeople"] = links.first?.href
        values["atRuns"] = section == .runs
        values["atRepositories"] = section == .repositories
        values["atComponents"] = section == .components
        values["atEnvironments"] = section == .environments
        values["atWorkers"] = section == .workers
        values["atPeople"] = Section.aboutPeople.contains { $0.section == section }
        values["atParked"] = section == .parked
        return values
    }
}

import Contracts

/// What every page has around its content.
struct WebFrame: Sendable {
    enum Section: Sendable { case runs, repositories, components, environments, workers, people, parked, none }

    /// A problem as a page shows it.
    struct Trouble: Sendable {
        let message: String
        let remedy: String?
        let details: [String]
        let hasDetails: Bool

        init(_ problem: Problem) {
            message = Self.sentence(problem.message)
            remedy = problem.remedy.map(Self.sentence)
            details = problem.details ?? []
            hasDetails = !details.isEmpty
        }

        /// As a sentence begins.
        private static func sentence(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }
    }

    let title: String
    let version: String
    let now: Int64
    let session: Bool
    /// Who is signed in.
    let who: String?
    /// Whether they manage people.
    let managesPeople: Bool
    let section: Section
    let canSeeParked: Bool

    /// The frame's values and the content's, as one.
    func around(_ content: [String: Any]) -> [String: Any] {
        var values = content
        values["title"] = title
        values["version"] = version
        values["now"] = now
        values["session"] = session
        values["canSeeParked"] = canSeeParked
        values["whoIs"] = who
        values["managesPeople"] = managesPeople
        values["atRuns"] = section == .runs
        values["atRepositories"] = section == .repositories
        values["atComponents"] = section == .components
        values["atEnvironments"] = section == .environments
        values["atWorkers"] = section == .workers
        values["atPeople"] = section == .people
        values["atParked"] = section == .parked
        return values
    }
}

import Contracts
import PipelineLanguage

/// Which process runs for what happened, as a value: the one given by hand, else the repository's file if it may be
/// used, else the first associated component whose events and branches hold. Every source looked at leaves a line, so
/// that a person can read why something ran or did not.
struct ProcessChoice: Sendable, Equatable {
    enum Candidate: Sendable, Equatable {
        case given(GivenProcess)
        case file(SourceSynced.PipelineFile)
        case component(String)
    }

    /// What runs, or `nil`: nothing does.
    var candidate: Candidate?
    /// One line per source, in order.
    var trace: [String]

    /// - Parameter misnamed: A file that is nearly called as pipeline files are, or another system's, where there is none.
    init(
        trigger: Trigger, given: GivenProcess?, file: SourceSynced.PipelineFile?, misnamed: String? = nil,
        allowsFile: Bool, associations: [AssociationView]
    ) {
        trace = []
        if let given {
            candidate = .given(given)
            trace.append("given by hand: \(given.note)")
            trace += given.warnings ?? []
            return
        }
        if let file, allowsFile {
            candidate = .file(file)
            trace.append("file: \(file.path)")
            return
        }
        if let file {
            trace.append("file: \(file.path) is there, but the repository's association does not allow it")
        } else {
            let hint =
                misnamed.flatMap { name in
                    PipelineFileNames.advice(on: name).map { ", but \(name); \($0)" }
                } ?? ""
            trace.append("file: there is none at this commit\(hint)")
        }
        if associations.isEmpty { trace.append("component: none is associated with the repository") }
        for association in associations {
            if let mismatch = Self.mismatch(of: association, with: trigger) {
                trace.append("component “\(association.component)”: skipped, \(mismatch)")
                continue
            }
            candidate = .component(association.component)
            trace.append("component “\(association.component)”: \(Self.words(for: association))")
            return
        }
    }

    /// Why nothing runs, for people.
    var refusal: String { "no process: " + trace.joined(separator: "; ") }

    /// What is wrong with an association, or `nil`.
    static func problem(with association: AssociationView) -> String? {
        for branch in association.branches {
            do {
                _ = try Glob(branch)
            } catch {
                return "“\(branch)” is not a branch pattern: \(error)"
            }
        }
        return nil
    }

    private static func mismatch(of association: AssociationView, with trigger: Trigger) -> String? {
        if !association.events.isEmpty, !association.events.contains(trigger.event) {
            return
                "event “\(trigger.event.rawValue)” is not \(association.events.map(\.rawValue).joined(separator: ", "))"
        }
        guard !association.branches.isEmpty else { return nil }
        guard let branch = trigger.branch else {
            return "there is no branch, wanted \(association.branches.joined(separator: ", "))"
        }
        let matches = association.branches.contains { pattern in
            do {
                return try Glob(pattern).matches(branch)
            } catch {
                return false
            }
        }
        return matches ? nil : "branch “\(branch)” is not \(association.branches.joined(separator: ", "))"
    }

    private static func words(for association: AssociationView) -> String {
        let events =
            association.events.isEmpty ? "all events" : association.events.map(\.rawValue).joined(separator: ", ")
        let branches = association.branches.isEmpty ? "all branches" : association.branches.joined(separator: ", ")
        return "associated for \(events) and \(branches)"
    }
}

import Contracts
import PipelineLanguage

/// What a person asked for by hand: it wins over file and association.
struct GivenProcess: Codable, Sendable, Equatable {
    /// The component's name, or `nil` for a document handed over.
    var component: String?
    var digest: String
    /// How it came about, for the trace.
    var note: String
    /// What is accepted in it and has no effect, for the trace.
    var warnings: [String]?
}

/// What is needed of a run beside what lists show.
struct RunDetails: Sendable, Equatable {
    var trigger: Trigger
    var given: GivenProcess?
    var choice: ChoiceView?
    var changes: SourceSynced.ChangedPaths?
    var mirrorURL: String?
    /// The planner's, from which it goes on.
    var progress: RunProgress?
}

import Contracts
import PipelineLanguage

/// What a push comes to: the process that was chosen, compiled, or why there is none.
enum ProcessDecision: Sendable {
    case process(CompiledProcess, ChoiceView)
    /// Nothing is to run.
    case skip(String, ChoiceView)
    /// What was chosen cannot run.
    case fail(String, ChoiceView)

    /// What the platform holds that the choice is made of.
    struct Situation: Sendable {
        var repository: Repository
        var associations: [AssociationView]
        var given: GivenProcess?
        var givenDocument: String?
        var components: [String: ComponentView]
        /// What the file loads.
        var templates: [String: PipelineLanguage.Process]
    }

    init(on message: SourceSynced, _ situation: Situation) throws {
        let choice = ProcessChoice(
            trigger: message.trigger, given: situation.given, file: message.pipelineFile,
            misnamed: message.misnamedFile, allowsFile: situation.repository.allowsFile,
            associations: situation.associations)
        switch choice.candidate {
        case nil: self = .skip(choice.refusal, Self.view(.component, nil, choice.trace))
        case .given(let given):
            guard let document = situation.givenDocument else {
                self = .fail(
                    "the process \(given.digest) is no longer stored", Self.view(.given, given.component, choice.trace)
                )
                return
            }
            let compiled = try ProcessCompiler.kept(document, digest: given.digest)
            self = .process(
                compiled,
                ChoiceView(
                    source: given.component == nil ? .given : .component, name: given.component, digest: given.digest,
                    trace: choice.trace))
        case .file(let file):
            do {
                let compiled = try ProcessCompiler.compile(file, components: situation.templates)
                self = .process(
                    compiled,
                    ChoiceView(
                        source: .file, name: file.path, digest: compiled.digest,
                        trace: choice.trace + compiled.warnings))
            } catch let failure as CompileFailure {
                self = .fail(
                    "\(file.path) is not a pipeline: \(failure.summary)",
                    Self.view(.file, file.path, choice.trace + failure.findings))
            }
        case .component(let name):
            guard let component = situation.components[name] else {
                self = .fail(
                    "the component “\(name)” is not there any more", Self.view(.component, name, choice.trace))
                return
            }
            do {
                let compiled = try ProcessCompiler.compile(component.document, name: name)
                let trace =
                    choice.trace + ["component “\(name)” is at revision \(component.revision)"]
                    + compiled.warnings
                self = .process(
                    compiled, ChoiceView(source: .component, name: name, digest: compiled.digest, trace: trace))
            } catch let failure as CompileFailure {
                self = .fail(
                    "the component “\(name)” does not compile: \(failure.summary)",
                    Self.view(.component, name, choice.trace + failure.findings))
            }
        }
    }

    /// What was chosen where it came to nothing: it has no digest.
    private static func view(_ source: ChoiceView.Source, _ name: String?, _ trace: [String]) -> ChoiceView {
        ChoiceView(source: source, name: name, digest: "", trace: trace)
    }
}

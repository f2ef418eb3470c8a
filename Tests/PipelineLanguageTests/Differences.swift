import Contracts
import FoundationEssentials
import Testing

@testable import PipelineLanguage

/// A row of the page DifferencesFromDrone: what of Drone's format means something else here, why, and what proves it.
struct Difference: Sendable, CustomTestStringConvertible {
    /// What is written in Drone's format.
    var drone: String
    /// What becomes of it here.
    var here: String
    var why = ""
    var proofs: [Proof]

    init(_ drone: String, _ here: String, _ why: String = "", _ proofs: Proof...) {
        self.drone = drone
        self.here = here
        self.why = why
        self.proofs = proofs
    }

    /// The row as the page has it.
    var row: String { "| \(drone) | \(here) | \(why)\(why.isEmpty ? "" : " ")|" }

    var testDescription: String { drone }

    /// What shows that a row is true. A document without `steps` and `kind` is given a step.
    enum Proof: Sendable {
        /// Compiles without a word.
        case compiles(String)
        /// Compiles with a warning that has these words.
        case warns(String, String)
        /// Does not compile, and an error has these words.
        case refuses(String, String)
        /// Compiles to JSON that has this text in it.
        case becomes(String, String)
        /// A text, the variables of the run, and what comes of it.
        case text(String, [String: String], String)
        /// The same in `commands`.
        case command(String, [String: String], String)
        /// A file of tests, and the words in it that name the test.
        case test(String, String)
    }
}

@Suite("What differs from Drone")
struct DifferencesTests {
    @Test("is what the page says, row by row")
    func page() throws {
        try Documentation.expect(Difference.all.map(\.row), under: "## Overview", of: "DifferencesFromDrone")
        #expect(Set(Difference.all.map(\.drone)).count == Difference.all.count)
        #expect(Difference.all.allSatisfy { !$0.proofs.isEmpty })
    }

    @Test("is so", arguments: Difference.all)
    func isTrue(difference: Difference) throws {
        for proof in difference.proofs { try Self.check(proof) }
    }

    private static func check(_ proof: Difference.Proof) throws {
        switch proof {
        case .compiles(let source):
            #expect(try compile(source).warnings == [], "\(source)")
        case .warns(let source, let words):
            let warnings = try compile(source).warnings
            #expect(warnings.contains { $0.message.contains(words) }, "\(source): \(warnings)")
        case .refuses(let source, let words):
            #expect {
                _ = try compile(source)
            } throws: { error in
                guard let list = error as? DiagnosticList else { return false }
                return list.diagnostics.contains { $0.severity == .error && $0.message.contains(words) }
            }
        case .becomes(let source, let json):
            let canonical = String(decoding: try compile(source).process.canonicalJSON(), as: UTF8.self)
            #expect(canonical.contains(json), "\(source): \(canonical)")
        case .text(let text, let variables, let expected):
            #expect(try Substitution.apply(to: text, in: Scope(environment: variables)) == expected)
        case .command(let text, let variables, let expected):
            let scope = Scope(environment: variables)
            #expect(try Substitution.apply(to: text, in: scope, context: .shell) == expected)
        case .test(let file, let words):
            #expect(try Documentation.text("Tests/\(file)").contains(words), "\(file): \(words)")
        }
    }

    static func compile(_ source: String) throws -> Compiler.Compilation {
        let isWhole = source.contains("steps:") || source.contains("kind:")
        let text = isWhole ? source : source + "\nsteps: [{name: a, image: alpine, commands: [a]}]\n"
        let context = Compiler.Context(components: try Golden.components())
        return try Compiler.compile(source: text, path: ".drone.yml", context: context)
    }
}

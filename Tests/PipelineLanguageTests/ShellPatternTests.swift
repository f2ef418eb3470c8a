import Testing

@testable import PipelineLanguage

/// `Golden/bash/patterns.txt` has what bash makes of each expression; the script beside it writes that file.
@Suite("Patterns of expressions")
struct ShellPatternTests {
    @Test("match as bash's do")
    func agreesWithBash() throws {
        var values: [String: String] = [:]
        var cases = 0
        for line in try Golden.read("bash/patterns.txt").split(separator: "\n") {
            guard let tab = line.firstIndex(of: "\t") else {
                let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                values[String(pair[0])] = String(pair[1])
                continue
            }
            cases += 1
            let expression = String(line[..<tab])
            let answer = try Substitution.apply(to: expression, in: Scope(environment: values))
            #expect(answer == line[line.index(after: tab)...], "\(expression) of \(values)")
        }
        #expect(values.count == 5 && cases > 2_500)
    }

    @Test(
        "have no characters of their own for “/”, unlike those of paths",
        arguments: [
            ("${B//[^a-zA-Z0-9]/-}", "feature-log-in"), ("${B//[^[:alnum:]]/-}", "feature-log-in"),
            ("${B//[\\/_]/-}", "feature-log-in"), ("${B/#/v}", "vfeature/log_in"), ("${B/%/z}", "feature/log_inz"),
            ("${B//[[:punct:]]}", "featurelogin"), ("[${NONE/#/v}${NONE/*/v}]", "[]"),
        ])
    func slash(expression: String, expected: String) throws {
        let scope = Scope(environment: ["B": "feature/log_in"])
        #expect(try Substitution.apply(to: expression, in: scope) == expected)
    }

    // What bash 5.2 makes of the same.
    @Test(
        "have a character where a “[” is not closed, and may have a class behind it",
        arguments: [
            ("${L#[[:a:]}", "xb"), ("${L#[[[:alpha:]]}", "axb"), ("${L#[[:alpha:]}", "xb"), ("${L#[}", "axb"),
            ("${L#[a}", "xb"), ("${L/[[:x:]b:]/-}", "[ax-"), ("${L%[[:verylongbutnoclass:]b]}", "[ax"),
        ])
    func unclosed(expression: String, expected: String) throws {
        #expect(try Substitution.apply(to: expression, in: Scope(environment: ["L": "[axb"])) == expected)
    }

    // Cubic in the pattern and asked of nobody, a few of these took minutes.
    @Test("with very many “[” that are not closed are read in time", .timeLimit(.minutes(1)))
    func manyUnclosed() throws {
        let scope = Scope(environment: [
            "X": "abc", "P": String(repeating: "[:", count: 512), "Q": String(repeating: "[:", count: 500) + "\\]",
        ])
        let plain = String(repeating: "${X#${P}}", count: 500)
        #expect(try Substitution.apply(to: plain, in: scope) == String(repeating: "abc", count: 500))
        for operation in ["#", "/%"] {
            do throws(SubstitutionError) {
                _ = try Substitution.apply(to: String(repeating: "${X\(operation)${Q}}", count: 2_000), in: scope)
                Issue.record("\(operation) takes no work")
            } catch {
                #expect(error.code == .tooLarge)
            }
        }
    }
}

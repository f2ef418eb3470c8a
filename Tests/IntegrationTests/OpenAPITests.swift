import Contracts
import FoundationEssentials
import HTTPClient
import SystemPackage
import TestSupport
import Testing

/// The OpenAPI document beside the service that runs.
@Suite struct OpenAPITests {
    /// Schemathesis makes requests of the document, right ones and wrong ones, and looks at every answer: none that the
    /// document lacks, none of another shape, and none from 500 on.
    @Test func noAnswerIsUndocumented() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            try await platform.addRepository("shop/web", cloneURL: "https://git.invalid/shop/web.git")
            try await platform.putComponent("web", #"[{"step": "hello", "commands": ["true"]}]"#)
            _ = try await platform.send(.put, "secrets/web", SecretRequest(value: "not a real one"))
            let run = RunRequest(repository: RepositoryPath(rawValue: "shop/web"), component: "web")
            let started: RunView = try await platform.send(.post, "runs", run).decode()
            // The document's examples name what there is.
            let served = try await platform.send(.get, APIPath.document.rawValue)
            let document = stack.directory.appending("openapi.json")
            try writeFile(
                document,
                served.text.replacing("01jd5m3v8k0000000000000run", with: started.summary.id.rawValue))

            let python = FilePath(try TestEnvironment.required("SLIPWAY_TEST_PYTHON"))
            try await runTool(python.appending("bin/openapi-spec-validator").string, [document.string])
            let goldens = SourceTree.root.appending("Tests/ContractTests/Golden")
            let valid = try await runTool(
                python.appending("bin/python").string, ["-c", Self.validate, document.string, goldens.string])
            #expect((Int(valid.filter(\.isNumber)) ?? 0) > 20)

            let token = try await runTool("cat", [stack.tokenFile.string])
            try writeFile(stack.directory.appending("spared.py"), Self.spared)
            // The two streams end when nothing can come any more, which is not while this looks.
            let script = """
                cd '\(stack.directory)' && PYTHONPATH=. SCHEMATHESIS_HOOKS=spared \
                '\(python)'/bin/schemathesis run openapi.json \
                --url http://127.0.0.1:\(stack.ports.pipeline)\(APIPath.root) \
                -H 'Authorization: Bearer \(token.filter { !$0.isWhitespace })' \
                --exclude-operation-id followRun --exclude-operation-id followRuns \
                --exclude-checks positive_data_acceptance --phases examples,coverage,fuzzing --max-examples 10 \
                --max-time 40 --request-timeout 10 --seed 1 --no-shrink --continue-on-failure 2>&1 \
                || { echo SCHEMATHESIS FAILED; }
                """
            let said = try await runTool("sh", ["-c", script])
            #expect(!said.contains("SCHEMATHESIS FAILED") && said.contains(" passed"), "\(said.suffix(8000))")
            // All of it was tried as somebody who may do it, but for what a browser alone may.
            #expect(
                Self.refused(in: said).subtracting(["POST /session", "PUT /me/password"]).isEmpty,
                "\(said.suffix(8000))")
        }
    }

    /// The operations of which no request that is right by the document was let in, as Schemathesis lists them.
    private static func refused(in said: String) -> Set<String> {
        let parts = said.split(separator: "Authentication failed", maxSplits: 1)
        guard let list = parts.dropFirst().first else { return [] }
        let lines = list.prefix { $0 != "💡" }.split(whereSeparator: \.isNewline)
        let operations = lines.compactMap { line -> String? in
            let words = line.split(separator: " ")
            return words.count == 3 && words[0] == "-" ? words[1...].joined(separator: " ") : nil
        }
        return operations.isEmpty ? ["a list that cannot be read"] : Set(operations)
    }

    /// What is learnt of one answer is used in the next request: without this it would replace, revoke or limit the token
    /// that it signs in with, and be refused everywhere from then on.
    private static let spared = """
        import schemathesis

        @schemathesis.hook
        def filter_case(context, case):
            names = list((case.path_parameters or {}).values())
            if isinstance(case.body, dict):
                names.append(case.body.get("name"))
            return "test" not in names
        """

    /// Every golden document of the API is valid by the schema that has its name.
    private static let validate = """
        import json, jsonschema, pathlib, sys
        components = json.load(open(sys.argv[1]))["components"]
        count = 0
        for file in pathlib.Path(sys.argv[2]).glob("*.json"):
            name = file.stem.split("-")[0].replace("ByEvent", "")
            if name in components["schemas"]:
                schema = {"$ref": "#/components/schemas/" + name, "components": components}
                jsonschema.Draft202012Validator(schema).validate(json.load(open(file)))
                count += 1
        print(count)
        """
}

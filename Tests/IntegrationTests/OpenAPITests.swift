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
            // The two streams end when nothing can come any more, which is not while this looks; and the token that it
            // found in the list of tokens it would revoke.
            let script = """
                cd '\(stack.directory)' && '\(python)'/bin/schemathesis run openapi.json \
                --url http://127.0.0.1:\(stack.ports.pipeline)\(APIPath.root) \
                -H 'Authorization: Bearer \(token.filter { !$0.isWhitespace })' \
                --exclude-operation-id followRun --exclude-operation-id followRuns --exclude-operation-id revokeToken \
                --exclude-checks positive_data_acceptance --phases examples,coverage,fuzzing --max-examples 10 \
                --max-time 40 --request-timeout 10 --seed 1 --no-shrink --continue-on-failure 2>&1 \
                || { echo SCHEMATHESIS FAILED; }
                """
            let said = try await runTool("sh", ["-c", script])
            #expect(!said.contains("SCHEMATHESIS FAILED") && said.contains(" passed"), "\(said.suffix(8000))")
        }
    }

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

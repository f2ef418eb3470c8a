import PipelineLanguage

/// What the benchmark compiles and plans.
enum Sample {
    static let small = """
        kind: pipeline
        type: docker
        name: default
        steps:
        - name: test
          image: golang:1.22
          commands:
          - go vet ./...
          - go test ./...
        """

    static let typical = """
        kind: pipeline
        type: docker
        name: test

        trigger:
          event: [push, pull_request]

        services:
        - name: postgres
          image: postgres:16-alpine
          environment:
            POSTGRES_USER: ledger
            POSTGRES_PASSWORD: ledger
          ready: 5432

        volumes:
        - name: deps
          temp: {}

        steps:
        - name: lint
          image: golangci/golangci-lint:v1.59
          commands: [golangci-lint run]
          volumes: [{name: deps, path: /go}]
        - name: test
          image: golang:1.22
          environment:
            DATABASE_URL: postgres://ledger:ledger@postgres:5432/ledger
            TOKEN: {from_secret: token}
          commands:
          - go test -race -tags integration ./...
          - go tool cover -func=coverage.out
          volumes: [{name: deps, path: /go}]
        - name: build
          image: golang:1.22
          commands: ['go build -ldflags "-X main.version=${DRONE_TAG##v}" ./cmd/ledger']
          volumes: [{name: deps, path: /go}]

        ---
        kind: pipeline
        type: docker
        name: publish
        depends_on: [test]
        trigger:
          branch: [main, release/*]
          event: push

        steps:
        - name: image
          build:
            repository: harbor.example/finance/ledger
            tags: ["${commit.short}", "${DRONE_BRANCH/\\//-}"]
            args: {VERSION: "${DRONE_BUILD_NUMBER}"}
        - name: staging
          deploy:
            environment: staging
            workload: deployment/ledger
            namespace: finance
          timeout: 10m
        - name: tell
          image: plugins/slack
          settings:
            webhook: {from_secret: slack}
            channel: builds
          when:
            status: [success, failure]
        """

    static func lines(_ text: String) -> Int { text.utf8.reduce(1) { $0 + ($1 == UInt8(ascii: "\n") ? 1 : 0) } }

    /// Pipelines of ten steps each, until there are so many lines.
    static func large(lines: Int) -> String {
        var text = ""
        var stage = 0
        while Self.lines(text) < lines {
            text += "kind: pipeline\ntype: docker\nname: stage-\(stage)\n"
            if stage > 0 { text += "depends_on: [stage-\(stage - 1)]\n" }
            text += "steps:\n"
            for step in 0..<10 {
                text += """
                    - name: step-\(step)
                      image: golang:1.22
                      environment:
                        NUMBER: \(step)
                        BRANCH: ${DRONE_BRANCH}
                      commands:
                      - go test ./services/\(stage)/...
                      - echo ${DRONE_COMMIT_SHA:0:8}
                      when:
                        branch: [main, release/*]

                    """
            }
            text += "---\n"
            stage += 1
        }
        return text
    }

    /// Every step waits for up to three before it; one in fifty is a rollout.
    static func graph(steps count: Int) -> PipelineLanguage.Process {
        let steps = (0..<count).map { number in
            var step = Step(name: "step-\(number)", image: "alpine", commands: ["true"])
            step.dependsOn = [1, 7, 31].filter { $0 <= number }.map { "step-\(number - $0)" }
            if number % 50 == 49 {
                step.image = nil
                step.commands = []
                step.deploy = Deploy(environment: "e", container: "c", image: "i")
            }
            if number % 10 == 3 { step.when.branch = ["other"] }
            return step
        }
        return Process(name: "graph", stages: [Stage(name: "graph", steps: steps)])
    }
}

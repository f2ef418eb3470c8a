import Contracts
import FoundationEssentials
import SystemPackage
import TestSupport
import Testing

/// Runs that a person starts, through sync and a builder.
@Suite struct RunByHandTests {
    private let file = """
        kind: pipeline
        type: exec
        name: default
        steps:
        - name: on push
          commands: ['echo "$DRONE_BUILD_EVENT of $DRONE_COMMIT_REF, branch <$DRONE_BRANCH>, tag <$DRONE_TAG>"']
          when: {event: push, branch: main}
        - name: on tag
          commands: ['echo "$DRONE_BUILD_EVENT of $DRONE_COMMIT_REF, branch <$DRONE_BRANCH>, tag <$DRONE_TAG>"']
          when: {event: tag}
        - name: on schedule
          commands: ['echo "$DRONE_BUILD_EVENT $DRONE_CRON"']
          when: {event: cron, cron: nightly}
        - name: on nothing
          commands: ['test "$(git rev-parse HEAD)" = "$DRONE_COMMIT_REF"']
          when: {event: custom}
        """

    @Test func aRunByHandIsWhatAPushWouldMake() async throws {
        try await Stack.with { stack in
            let platform = stack.platform
            let repository = try await SampleRepository("shop/web", in: stack.directory, platform: platform)
            let path = RepositoryPath(rawValue: "shop/web")
            let (_, commit) = try await repository.commit([".drone.yml": file])
            try await repository.tag("v1.0.0")
            let push = "push of refs/heads/main, branch <main>, tag <>"
            let tag = "tag of refs/tags/v1.0.0, branch <>, tag <v1.0.0>"
            for (request, step, line) in [
                (RunRequest(repository: path), "on push", push),
                (RunRequest(repository: path, ref: "main"), "on push", push),
                (RunRequest(repository: path, ref: "v1.0.0"), "on tag", tag),
                (RunRequest(repository: path, ref: "v1.0.0", event: .tag), "on tag", tag),
                (RunRequest(repository: path, event: .cron, cron: "nightly"), "on schedule", "cron nightly"),
            ] {
                let view = try await platform.finishedRun(request)
                #expect(view.summary.state == .success, "\(view)")
                #expect(view.summary.byHand == true)
                let ran = view.stages.flatMap(\.steps).filter { $0.state == .success }
                #expect(ran.map(\.name) == [step], "\(view)")
                let first = try #require(ran.first)
                #expect(try await platform.log(view.summary.id, first.id).hasSuffix("\n\(line)\n"))
                // When it was printed is known.
                let times = try await platform.logTimes(view.summary.id, first.id)
                #expect(times.end == first.logLength)
                #expect(times.time(of: 0) != nil)
            }
            let commitOfTag = try await platform.finishedRun(
                RunRequest(repository: path, ref: "v1.0.0", event: .push))
            #expect(commitOfTag.summary.ref == commit && commitOfTag.summary.event == .push)
            let short = try await platform.finishedRun(
                RunRequest(repository: path, ref: String(commit.prefix(8)), event: .custom))
            #expect(short.summary.commit?.sha == commit)
            #expect(short.summary.event == .custom)
            #expect(short.summary.state == .success, "\(short)")

            try await repository.branch("v1.0.0")
            let ambiguous = try await platform.finishedRun(RunRequest(repository: path, ref: "v1.0.0"))
            #expect(ambiguous.summary.state == .failure)
            #expect(ambiguous.summary.reason?.contains("say refs/heads/v1.0.0 or refs/tags/v1.0.0") == true)
            let told = try await platform.finishedRun(RunRequest(repository: path, ref: "refs/tags/v1.0.0"))
            #expect(told.summary.event == .tag)
        }
    }
}

public import Contracts
public import Testing

extension Fixture {
    /// One document per event type.
    static let events = EventSamples.all.map { Fixture("cdevents/\(EventSamples.name($0))", $0) }
}

/// One event of every type Slipway emits.
enum EventSamples {
    static let artifact = PackageURL(repository: "registry.example:5000/shop/web", digest: Sample.digest)

    static let task = CloudEvent.taskRunID(job: Sample.job, attempt: 2, step: "compile")

    static func origin(_ service: String) -> EventOrigin {
        EventOrigin(
            service: service, run: Sample.run, id: MessageID(rawValue: "01jd5m3v8k0000000000000evt"), at: Sample.moment,
            cause: MessageID(rawValue: "gitlab-b2c0/slipway-source.synced"), customData: ["repository": "shop/web"])
    }

    static let all: [CloudEvent] =
        runs + artifacts
        + CloudEvent.ServiceChange.allCases.map {
            .service($0, "shop/web", environment: "production", artifact: artifact, origin: origin("deployer"))
        } + source

    static let runs: [CloudEvent] = [
        .pipelineRunQueued(Sample.run, pipeline: "web", uri: "https://ci.example/runs/1", origin: origin("pipeline")),
        .pipelineRunStarted(Sample.run, pipeline: "web", uri: "https://ci.example/runs/1", origin: origin("pipeline")),
        .pipelineRunFinished(
            Sample.run, pipeline: "web", outcome: .failure, errors: "step compile: exit code 2",
            uri: "https://ci.example/runs/1", origin: origin("pipeline")),
        .taskRunStarted(
            task, name: "compile", run: Sample.run, uri: "https://ci.example/runs/1", origin: origin("builder")),
        .taskRunFinished(
            task, name: "compile", run: Sample.run, outcome: .failure, errors: "exit code 2", origin: origin("builder")),
    ]

    static let artifacts: [CloudEvent] = [
        .buildQueued(task, origin: origin("pipeline")),
        .buildStarted(task, origin: origin("builder")),
        .buildFinished(task, artifact: artifact, origin: origin("builder")),
        .artifactPackaged(artifact, commit: Sample.sha, repository: Sample.repository, origin: origin("builder")),
        .artifactPublished(artifact, user: "robot$shop+ci", origin: origin("builder")),
    ]

    static let source: [CloudEvent] = [
        .pushReceived(Sample.push, service: "sync"),
        .pushesMissed(
            ["refs/heads/main", "refs/heads/next", "refs/tags/v1"], in: Sample.repository,
            id: MessageID(rawValue: "shop/web/missed/7"), service: "pipeline", at: Sample.moment),
        .schedule(
            .scheduleMissed, "nightly", of: Sample.repository,
            message: "the schedule “nightly” missed its time, \(Sample.moment): nothing makes up for it",
            id: MessageID(rawValue: "cron-01jd5-1/missed"), service: "pipeline", at: Sample.moment),
        .schedule(
            .scheduleFailed, "nightly", of: Sample.repository,
            message: "the schedule “nightly” starts no run any more: “Mars/Olympus” is no time zone",
            id: MessageID(rawValue: "cron-01jd5-1/failed"), service: "pipeline", at: Sample.moment),
        .trouble(
            .sickWorker, of: "builder-1", message: "builder-1 takes no jobs: No space left on device",
            id: MessageID(rawValue: "01JDTROUBLE"), since: Sample.moment, isOver: false,
            uri: "https://slipway.example", service: "pipeline", at: Sample.moment),
        .trouble(
            .sickWorker, of: "builder-1", message: "builder-1 takes no jobs: No space left on device",
            id: MessageID(rawValue: "01JDTROUBLE"), since: Sample.moment, isOver: true,
            uri: "https://slipway.example", service: "pipeline", at: Sample.moment),
        .sourceSynced(Sample.synced, service: "sync", at: Sample.moment),
        .sourceFailed(
            SyncFailed(trigger: Sample.trigger, code: .authentication, reason: "the server refused the token"),
            service: "sync", at: Sample.moment),
    ]

    static func name(_ event: CloudEvent) -> String {
        event.routingKey.split(separator: ".").suffix(2).joined(separator: ".")
    }
}

extension CloudEvent: CustomTestStringConvertible {
    public var testDescription: String { routingKey }
}

import Contracts

extension Fixture {
    static let all = messages + replies + documents + events

    static let messages = [
        Fixture("PushReceived", Sample.push),
        Fixture(
            "SyncRequested",
            SyncRequested(trigger: Sample.manual, cloneURL: "https://git.example/shop/web.git")),
        Fixture(
            "SyncRequested-madeUp",
            SyncRequested(
                trigger: Trigger(
                    id: MessageID(rawValue: "missed-01jd5m3v8k0000000000000msg"), event: .push,
                    repository: Sample.repository, ref: "refs/heads/main", branch: "main", commit: Sample.sha,
                    madeUp: true, receivedAt: Sample.moment), cloneURL: "https://git.example/shop/web.git")),
        Fixture("HeadsRequested", HeadsRequested(repository: Sample.repository, round: 7)),
        Fixture(
            "HeadsListed",
            HeadsListed(repository: Sample.repository, round: 7, heads: ["map-refs/heads/main": Sample.sha])),
        Fixture(
            "HeadsListed-problem",
            HeadsListed(
                repository: Sample.repository, round: 7, heads: nil, hasTags: false,
                problem: "the server cannot be reached")),
        Fixture("SourceSynced", Sample.synced),
        Fixture(
            "SyncFailed",
            SyncFailed(
                trigger: Sample.trigger, code: .refNotFound,
                reason: "refs/heads/main does not exist in https://git.example/shop/web.git")),
        Fixture(
            "SyncDelayed",
            SyncDelayed(
                trigger: Sample.trigger, reason: "the server cannot be reached; attempt 2 of 3 is in 5 s",
                retryAt: Sample.moment)),
        Fixture(
            "PushReceived-secretOf",
            PushReceived(
                trigger: Sample.trigger, cloneURL: "https://git.example/shop/web.git",
                secretOf: RepositoryPath(rawValue: "shop/other"))),
        Fixture(
            "HookInquiry",
            HookInquiry(repository: Sample.repository, cloneURL: "https://git.example/shop/web.git")),
        Fixture("RepositoryLookup", RepositoryLookup(repository: Sample.repository)),
        Fixture("RepositoryLookup-keys", RepositoryLookup(repository: Sample.repository, keys: ["2026-11-27"])),
        Fixture("BuildRequested", BuildRequested(job: Sample.job, run: Sample.run, attempt: 1)),
        Fixture("RolloutRequested", RolloutRequested(job: Sample.job, run: Sample.run, attempt: 1)),
        Fixture(
            "SyncFailed-unknown",
            SyncFailed(
                trigger: Sample.trigger, code: .unknownRepository, reason: "shop/web is not registered",
                cloneURL: "https://git.example/shop/web.git", defaultBranch: "trunk")),
        Fixture(
            "JobsWaiting", JobsWaiting(scope: WorkerScope(labels: ["gpu", "arm64"]))),
        Fixture(
            "WorkerAnnounced",
            WorkerAnnounced(
                name: "builder-7f3a", life: "01jd00000000000000000000w0", scope: WorkerScope(labels: ["gpu"]), slots: 4,
                version: "0.1.0", problem: "docker: it cannot be reached", keys: ["2026-11-27", "2026-10-01"],
                ended: ["01jd00000000000000000000v9"])),
        Fixture(
            "WorkerAnnounced-leaving",
            WorkerAnnounced(
                name: "deployer-7f3a.default", life: "01jd00000000000000000000w1",
                scope: WorkerScope(cluster: "default"), slots: 8, version: "0.1.0", isLeaving: true)),
        Fixture(
            "JobClaim-scope",
            JobClaim(
                worker: "builder-7f3a", id: "01jd00000000000000000000c0", life: "01jd00000000000000000000w0",
                scope: WorkerScope(labels: ["gpu"]), keys: ["2026-11-27"])),
        Fixture("JobClaim", JobClaim(job: Sample.job, attempt: 2, worker: "builder-7f3a")),
        Fixture(
            "JobClaim-cluster",
            JobClaim(
                job: Sample.job, attempt: 1, worker: "deployer-7f3a.default", namespace: "shop",
                cluster: "c39058fb-c55a-4175-85be-cb1e836ad674")),
        Fixture("JobGrant", Sample.grant),
        Fixture(
            "StepStarted",
            StepStarted(
                job: Sample.job, run: Sample.run, attempt: 2, step: "compile", at: Sample.moment,
                token: Sample.token)),
        Fixture(
            "StepFinished",
            StepFinished(job: Sample.job, run: Sample.run, attempt: 2, report: Sample.report, token: Sample.token)),
        Fixture("PlatformInquiry", PlatformInquiry(platform: "01jd00000000000000000000p1")),
        Fixture(
            "PlatformInquiryReply",
            PlatformInquiryReply(
                platform: "01jd00000000000000000000p2", publicURL: "https://slipway.example", uptime: 61_000)),
        Fixture("PlatformBeat", PlatformBeat(sender: "01jd00000000000000000000p0", at: 5004, isFirst: true)),
        Fixture("JobHeartbeat", JobHeartbeat(job: Sample.job, run: Sample.run, attempt: 2)),
        Fixture(
            "JobHeartbeat-stuck",
            JobHeartbeat(
                job: Sample.job, run: Sample.run, attempt: 2, stuck: "pod web-1: the image cannot be pulled",
                token: Sample.token)),
        Fixture(
            "JobFinished",
            JobFinished(
                job: Sample.job, run: Sample.run, attempt: 2, outcome: .failure, reason: "step compile failed",
                steps: [Sample.report, StepReport(step: "image", outcome: .skipped, reason: "compile failed")],
                token: Sample.token)),
        Fixture(
            "JobFinished-source",
            JobFinished(
                job: Sample.job, run: Sample.run, attempt: 2, outcome: .released, reason: "the mirror is away",
                handBack: .source, steps: [], token: Sample.token)),
        Fixture(
            "JobCancelled",
            JobCancelled(job: Sample.job, run: Sample.run, attempt: 2, reason: "cancelled by ada")),
        Fixture(
            "LogChunk",
            LogChunk(
                job: Sample.job, run: Sample.run, attempt: 2, step: "compile", offset: 4096,
                text: "+ yarn build\nDone in 1.2 s — 🚢\n", token: Sample.token)),
    ]

    static let replies = [
        Fixture("JobClaimReply-granted-choice", JobClaimReply.granted(Sample.grant)),
        Fixture(
            "JobClaimReply-refused-choice",
            JobClaimReply.refused(.init(code: .newerAttempt, reason: "attempt 3 was granted to builder-2"))),
        Fixture(
            "HookInquiryReply",
            HookInquiryReply(
                isRegistered: false,
                neighbours: [RepositoryPath(rawValue: "shop/api"), RepositoryPath(rawValue: "tools/ci")])),
        Fixture(
            "RepositoryLookupReply-found-choice",
            RepositoryLookupReply.found(
                .init(
                    cloneURL: "https://git.example/shop/web.git", username: "oauth2",
                    token: SealedSecret(rawValue: "v1.k1.c2VhbGVk")))),
        Fixture(
            "SourceParts",
            SourceParts(submodules: [
                .init(
                    path: "libs/a", url: "http://sync:8081/shop/web.git/modules/5f70bf18.git",
                    cloneURL: "https://git.example/libs/a.git", commit: String(repeating: "1", count: 40))
            ])),
        Fixture("RegistryLogin", RegistryLogin(username: "robot$shop+ci", password: "not a real one")),
    ]
}

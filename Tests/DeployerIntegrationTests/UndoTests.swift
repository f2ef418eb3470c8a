import Contracts
import FoundationEssentials
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker

@testable import Deployer
@testable import Kubernetes

/// A rollout that failed leaves the workload as it was, against a real cluster.
@Suite(.serialized, .timeLimit(.minutes(5))) struct UndoTests {
    private func missing(_ image: String) -> String {
        String(image.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64))
    }

    @Test(arguments: [Workload.Kind.statefulset, .daemonset])
    func aBadImageIsUndoneToTheEnd(kind: Workload.Kind) async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(kind == .statefulset ? "StatefulSet" : "DaemonSet", "store", image: old)
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(missing(old), kind: kind, name: "store", log: log).run()
            }
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true)
            // True at the very moment it was said.
            #expect(try await cluster.images() == [old])
            let ready = try await cluster.kubectl(
                "get", "pods", "-o", "jsonpath={range .items[*]}{.status.containerStatuses[0].ready}{end}")
            #expect(!ready.contains("false"))
            let next = cluster.rollout(new, job: "job2", sequence: 2, kind: kind, name: "store", log: MemoryLog())
            _ = try await next.run()
            #expect(try await cluster.images() == [new])
        }
    }

    @Test func aStatefulSetThatOthersBrokeIsRolledOutOver() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make("StatefulSet", "store", image: old)
            try await cluster.kubectl("set", "image", "statefulset/store", "web=\(missing(old))")
            try await eventually("the broken pod") {
                try await cluster.field(
                    "{range .items[*]}{.status.containerStatuses[0].state.waiting.reason}{end}", of: "pods"
                ).contains("Pull")
            }
            let log = MemoryLog()
            _ = try await cluster.rollout(new, kind: .statefulset, name: "store", log: log).run()
            #expect(log.text.contains("removed pod store-1, which is of another revision and was in the way"))
            #expect(try await cluster.images() == [new])
        }
    }

    @Test("a Deployment that keeps no revisions has its image back all the same")
    func noRevisionsAreKept() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl(
                "patch", "deployment", "web", "-p",
                #"{"spec": {"revisionHistoryLimit": 0, "strategy": {"type": "Recreate", "rollingUpdate": null}}}"#)
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(missing(old), log: MemoryLog()).run()
            }
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true, "\(error?.reason ?? "")")
            #expect(try await cluster.images() == [old])
            #expect(try await cluster.field("{.spec.template.metadata.annotations}").isEmpty)
        }
    }

    @Test(
        "what a rollout changed is changed back though the cluster keeps no revisions and another deployer began it",
        arguments: Workload.Kind.allCases)
    func nobodyRemembersButTheCluster(kind: Workload.Kind) async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            // The controllers keep a revision as long as it has pods.
            let late = try await TestImages.build("/bin/busybox sleep 12; exit 1")
            let names = [Workload.Kind.deployment: "Deployment", .statefulset: "StatefulSet", .daemonset: "DaemonSet"]
            var extra: [String: JSONValue] = ["revisionHistoryLimit": 0]
            if kind == .deployment { extra["strategy"] = ["type": "Recreate"] }
            try await cluster.make(names[kind] ?? "", "web", image: old, replicas: 1, extra: extra)
            var rollout = cluster.rollout(late, kind: kind, log: MemoryLog())
            rollout.patience.soak = .seconds(60)
            let began = rollout
            let first = Task { try await began.run() }
            try await eventually(within: .seconds(30), "the new pod alone") {
                try await cluster.images() == [late]
            }
            first.cancel()
            await #expect(throws: (any Error).self) { try await first.value }
            let error = await #expect(throws: JobFailure.self) { try await began.run() }
            #expect(error?.reason.contains("; rolled back to revision ") == true, "\(error?.reason ?? "")")
            #expect(try await cluster.images() == [old])
            let object = "\(kind)/web"
            #expect(try await cluster.field("{.spec.template.metadata.annotations}", of: object).isEmpty)
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/previous}", of: object).isEmpty)
        }
    }

    @Test func ofTwoBrokenOnesTheLastThatWasWellIsPutBack() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            // Nothing serves while it is replaced.
            try await cluster.kubectl(
                "patch", "deployment", "web", "-p",
                #"{"spec": {"strategy": {"type": "Recreate", "rollingUpdate": null}}}"#)
            var patient = cluster.rollout(missing(old), log: MemoryLog())
            patient.patience.factor = 1000
            let began = patient
            let first = Task { try await began.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == began.request.image
            }
            // Stopped for the next one, as a stuck rollout is.
            first.cancel()
            _ = await first.result
            let broken = try await TestImages.build("exit 3")
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(broken, job: "job2", sequence: 2, settle: .seconds(60), log: MemoryLog())
                    .run()
            }
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true, "\(error?.reason ?? "")")
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func theRevisionThatServesIsPutBackNotTheBrokenOneBefore() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old)
            let kept = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(missing(old), undoes: false, log: MemoryLog()).run()
            }
            let left = "the workload is left as it is: deployment/web in namespace \(cluster.namespace) has the image "
            #expect(kept?.reason.hasSuffix("; \(left)\(missing(old)) in container web") == true)
            let broken = try await TestImages.build("exit 3")
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(broken, job: "job2", sequence: 2, settle: .seconds(60), log: MemoryLog())
                    .run()
            }
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true)
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func aStepThatIsStoppedStillHasItsFailureUndone() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make("StatefulSet", "store", image: old)
            let log = MemoryLog()
            let rollout = cluster.rollout(missing(old), kind: .statefulset, name: "store", log: log)
            let ended = Task { try await rollout.run() }
            try await eventually("the undo") { log.text.contains("rolling back to revision 1") }
            ended.cancel()
            let stopped = await #expect(throws: JobFailure.self) { try await ended.value }
            let reason = stopped?.reason ?? ""
            #expect(
                reason.hasSuffix(
                    "the deployer stops watching it; statefulset/store in namespace \(cluster.namespace) has the image "
                        + "\(old) in container web"), "\(reason)")
            #expect(
                try await cluster.field("{.spec.template.spec.containers[0].image}", of: "statefulset/store") == old)
            // The next attempt sees the undo to its end.
            let again = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(missing(old), kind: .statefulset, name: "store", log: MemoryLog()).run()
            }
            #expect(again?.reason.contains("was undone; rolled back to revision") == true)
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func aProgressDeadlineThatPassesIsExplainedAndUndone() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let silent = try await TestImages.build(
                "/bin/busybox echo I wait for nothing; exec /bin/busybox sleep 1000")
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl(
                "patch", "deployment/web", "-p",
                #"{"spec":{"template":{"spec":{"containers":[{"name":"web","readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":1}}]}}}}"#
            )
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            try await cluster.kubectl("patch", "deployment/web", "-p", #"{"spec":{"progressDeadlineSeconds":8}}"#)
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(silent, log: log).run()
            }
            #expect(error?.reason.hasPrefix("deployment \"web\" exceeded its progress deadline; pod web-") == true)
            #expect(error?.reason.contains("running, not ready yet; rolled back to revision 2") == true)
            #expect(log.text.contains("  I wait for nothing"))
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func aStatefulSetWhosePodsCannotBeMadeSaysWhy() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make("StatefulSet", "store", image: old)
            // What happened before is not about this rollout.
            let before: JSONValue = [
                "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "Before", "message": "long ago",
                "metadata": ["name": "before"], "lastTimestamp": "2026-01-01T00:00:00Z",
                "involvedObject": [
                    "kind": "StatefulSet", "namespace": .string(cluster.namespace), "name": "store",
                    "uid": .string(try await cluster.field("{.metadata.uid}", of: "statefulset/store")),
                ],
            ]
            try await withTemporaryDirectory { directory in
                let file = directory.appending("event.json").string
                try Wire.encode(before).write(to: URL(filePath: file))
                try await cluster.kubectl("create", "-f", file)
            }
            try await cluster.kubectl("create", "quota", "small", "--hard=pods=1")
            try await eventually("the quota's count") {
                try await cluster.field("{.status.used.pods}", of: "quota/small") == "2"
            }
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(
                    new, kind: .statefulset, name: "store", allowed: .seconds(12), undoes: false, log: log
                ).run()
            }
            let reason = error?.reason ?? ""
            #expect(reason.contains("0 of 2 new pods have been made; FailedCreate: create Pod store-"), "\(reason)")
            #expect(reason.contains("exceeded quota: small"))
            #expect(log.text.contains("event of statefulset/store: FailedCreate: "))
            #expect(!log.text.contains("long ago"))
        }
    }

    @Test func eventsOfThePodThatHadTheNameBeforeAreNotShown() async throws {
        try await TestCluster.with { cluster in
            func event(_ reason: String, of uid: String) throws -> String {
                let event: JSONValue = [
                    "apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": .string(reason),
                    "metadata": ["name": .string(reason.lowercased())], "message": "the volume is not there",
                    "involvedObject": [
                        "kind": "Pod", "namespace": .string(cluster.namespace), "name": "store-1", "uid": .string(uid),
                    ],
                ]
                return String(decoding: try Wire.encode(event), as: UTF8.self)
            }
            // The kubelet tells events when it has time; these are there for sure.
            try await withTemporaryDirectory { directory in
                let file = directory.appending("events.json").string
                let all = try "\(event("Before", of: "1"))\n\(event("Now", of: "2"))\n"
                try Data(all.utf8).write(to: URL(filePath: file))
                try await cluster.kubectl("create", "-f", file)
            }
            let log = MemoryLog()
            let rollout = cluster.rollout("web", kind: .statefulset, name: "store", log: log)
            try await cluster.make("StatefulSet", "store", image: try await TestImages.server("one"), replicas: 0)
            let workload = try await cluster.client.get(rollout.path.object, as: WorkloadObject.self)
            _ = await RolloutExplanation(
                client: cluster.client, path: rollout.path, container: "web", log: log, logger: cluster.logger
            ).show(
                .init(
                    reason: "it is broken",
                    suspects: [.init(pod: "store-1", uid: "2", container: "web", hasLog: false)]),
                of: workload)
            #expect(
                log.lines == [
                    "the rollout failed: it is broken", "event of pod store-1: Now: the volume is not there",
                ])
        }
    }
}

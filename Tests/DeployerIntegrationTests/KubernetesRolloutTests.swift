import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Deployer
@testable import Kubernetes

/// Against a real cluster, whose pods run on a real Docker Engine.
@Suite(.serialized, .timeLimit(.minutes(5))) struct KubernetesRolloutTests {
    @Test func anImageIsRolledOutByItsDigestAndWatchedToTheEnd() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let log = MemoryLog()
            let result = try await cluster.rollout(new, log: log).run()
            #expect(result == .init(image: new, revision: "2", isFirst: true))
            #expect(try await cluster.images() == [new])
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/sequence}") == "1")
            #expect(try await cluster.field("{.metadata.annotations.kubernetes\\.io/change-cause}") == "run of job1")
            #expect(
                try await cluster.field("{.spec.template.metadata.annotations.slipway\\.dev/commit}")
                    == String(repeating: "c", count: 40))
            #expect(log.lines.last == "deployment \"web\" successfully rolled out")
            #expect(log.text.contains("container web from \(old) to \(new)"))
            #expect(log.text.contains(": ready"))
        }
    }

    @Test func aDaemonSetAndAStatefulSetAreToo() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make("DaemonSet", "agent", image: old)
            try await cluster.make("StatefulSet", "store", image: old)
            _ = try await cluster.rollout(new, kind: .daemonset, name: "agent", log: MemoryLog()).run()
            _ = try await cluster.rollout(new, kind: .statefulset, name: "store", log: MemoryLog()).run()
            #expect(try await cluster.images() == [new])
        }
    }

    @Test func oneThatNeverBecomesReadyFailsAndIsUndone() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let silent = try await TestImages.build(
                "/bin/busybox echo I wait for nothing; exec /bin/busybox sleep 1000")
            try await cluster.make(image: old)
            // The old one answers here, the new one does not.
            try await cluster.kubectl(
                "patch", "deployment/web", "-p",
                #"{"spec":{"template":{"spec":{"containers":[{"name":"web","readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":1}}]}}}}"#
            )
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(silent, allowed: .seconds(8), log: log).run()
            }
            #expect(error?.reason.contains("did not come to its end within 8 s") == true)
            #expect(error?.reason.contains("not ready yet") == true)
            #expect(log.text.contains("I wait for nothing"))
            #expect(log.text.contains("rolled back to revision 2"))
            #expect(try await cluster.field("{.spec.template.spec.containers[0].image}") == old)
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            #expect(try await cluster.images() == [old])
            // A worker after this one finds what happened.
            let again = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(silent, log: MemoryLog()).run()
            }
            #expect(again?.reason.contains("was undone") == true)
        }
    }

    @Test func anImageThatDoesNotExistFailsFast() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old)
            let missing = old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
            let log = MemoryLog()
            // Not as an overdue rollout, which would have another reason.
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(String(missing), log: log).run()
            }
            #expect(error?.reason.contains("the image cannot be pulled") == true)
            #expect(log.text.contains("the rollout failed: pod web-"))
            #expect(try await cluster.field("{.spec.template.spec.containers[0].image}") == old)
        }
    }

    @Test func oneThatCrashesShowsItsLastWords() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let broken = try await TestImages.build("/bin/busybox echo no database here; exit 3")
            try await cluster.make(image: old, replicas: 1)
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(broken, undoes: false, settle: .seconds(60), log: log).run()
            }
            #expect(error?.reason.contains("exit code 3 (CrashLoopBackOff)") == true)
            #expect(log.text.contains("  no database here"))
            #expect(log.text.contains("left as it is"))
        }
    }

    @Test func aContainerNameThatIsNotThereIsAnsweredWithThoseThatAre() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(old, container: "app", log: MemoryLog()).run()
            }
            #expect(
                error?.reason
                    == "deployment/web in namespace \(cluster.namespace) has no container “app”; it has: web")
        }
    }

    @Test func aWorkloadThatIsNotThereIsAnsweredWithWhatIs() async throws {
        try await TestCluster.with { cluster in
            let image = try await TestImages.server("one")
            let none = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(image, name: "api", log: MemoryLog()).run()
            }
            #expect(none?.reason.contains("has no deployments at all") == true)
            try await cluster.make(image: image, replicas: 1)
            let other = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(image, name: "api", log: MemoryLog()).run()
            }
            #expect(
                other?.reason
                    == "there is no deployment/api in namespace \(cluster.namespace); its deployments are: web")
        }
    }

    @Test func whatTheClusterDoesNotAcceptChangesNothing() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout("", log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("the cluster does not accept the change") == true)
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/sequence}") == "")
        }
    }

    @Test func anOlderRolloutIsRefused() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            _ = try await cluster.rollout(new, job: "job5", sequence: 5, log: MemoryLog()).run()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(old, job: "job4", sequence: 4, log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("a newer rollout of shop/web#job5") == true)
            #expect(try await cluster.images() == [new])
        }
    }

    @Test func aWorkerThatIsKilledIsFollowedByOneThatWatchesOn() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let first = cluster.rollout(new, log: MemoryLog())
            let task = Task { try await first.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == new
            }
            task.cancel()
            await #expect(throws: (any Error).self) { try await task.value }
            let log = MemoryLog()
            let result = try await cluster.rollout(new, log: log).run()
            #expect(result.revision == "2")
            #expect(log.text.contains("has been changed by this rollout already"))
            #expect(try await cluster.images() == [new])
            #expect(try await cluster.kubectl("get", "replicasets", "-o", "name").split(separator: "\n").count == 2)
        }
    }

    @Test func aQuotaThatLeavesNoRoomIsTold() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl("create", "quota", "small", "--hard=pods=1")
            // The cluster counts what there is before it begins to refuse.
            try await eventually("the quota's count") {
                try await cluster.field("{.status.used.pods}", of: "quota/small") == "1"
            }
            var impatient = cluster.rollout(new, log: MemoryLog())
            impatient.patience.factor = 0.2
            let rollout = impatient
            let error = await #expect(throws: JobFailure.self) { _ = try await rollout.run() }
            #expect(error?.reason.contains("pods cannot be created") == true)
            #expect(error?.reason.contains("exceeded quota: small") == true)
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func aWatchFromAVersionTheServerForgotListsAgain() async throws {
        try await TestCluster.with { cluster in
            try await cluster.kubectl("create", "configmap", "known")
            let watch = ObjectWatch<NamedObject>(
                client: cluster.client, path: "/api/v1/namespaces/\(cluster.namespace)/configmaps", query: [],
                logger: cluster.logger)
            let (names, send) = AsyncStream.makeStream(of: String.self)
            let watching = Task {
                // Version 1 is older than anything a server that has run for a while remembers.
                try await watch.run(from: "1") { change in
                    switch change {
                    case .snapshot(let all): for object in all { send.yield(object.metadata.name) }
                    case .changed(let object): send.yield(object.metadata.name)
                    case .deleted(let object): send.yield("-\(object.metadata.name)")
                    }
                }
            }
            var heard: [String] = []
            for await name in names {
                heard.append(name)
                if name == "known", heard.filter({ $0 == "known" }).count == 1 {
                    try await cluster.kubectl("create", "configmap", "later")
                    try await cluster.kubectl("delete", "configmap", "later")
                }
                if name == "-later" { break }
            }
            #expect(heard.contains("later"))
            watching.cancel()
            _ = await watching.result
        }
    }

    @Test func theEndIsSeenWhenItIsThere() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let rollout = cluster.rollout(new, log: MemoryLog())
            let ended = Task { try await rollout.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == new
            }
            // kubectl watches as well; both see the same change.
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=90s")
            _ = try await within(.seconds(10), "the rollout's end") { try await ended.value }
        }
    }

    @Test func theAutoscalersReplicasAreLeftAlone() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl("scale", "deployment/web", "--replicas=3")
            _ = try await cluster.rollout(new, log: MemoryLog()).run()
            #expect(try await cluster.field("{.spec.replicas}") == "3")
        }
    }
}

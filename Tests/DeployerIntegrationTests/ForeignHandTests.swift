import Contracts
import DockerEngine
import PipelineLanguage
import TestSupport
import Testing
import Worker

@testable import Deployer

/// What is a success of ours, and what is none, against a real cluster.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ForeignHandTests {
    @Test func `Another repository's workload is refused and stays as it is`() async throws {
        try await TestCluster.with { cluster in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: one, replicas: 1)
            _ = try await cluster.rollout(two, job: "job1", sequence: 1, log: MemoryLog()).run()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(one, job: "job2", sequence: 2, owner: "shop/api", log: MemoryLog()).run()
            }
            #expect(error?.reason.contains("belongs to another repository, whose rollout marked it") == true)
            #expect(try await cluster.images() == [two])
            _ = try await cluster.rollout(
                one, job: "job3", sequence: 3, owner: "shop/api", takes: .any, log: MemoryLog()
            ).run()
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/owner}") == "shop/api")
        }
    }

    @Test func theSameDigestRestartsNothingAndSaysSo() async throws {
        try await TestCluster.with { cluster in
            let image = try await TestImages.server("one")
            try await cluster.make(image: image)
            let before = try await cluster.kubectl("get", "pods", "-o", "name")
            let log = MemoryLog()
            let result = try await cluster.rollout(image, job: "job4", sequence: 4, log: log).run()
            #expect(result == .init(image: image, revision: "1", isFirst: true, isUnchanged: true))
            #expect(log.text.contains("nothing is restarted"))
            #expect(!log.text.contains("Waiting") && !log.text.contains("rolled out"))
            #expect(log.lines.last == "deployment/web is well as it is")
            #expect(try await cluster.kubectl("get", "pods", "-o", "name") == before)
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/sequence}") == "4")
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/owner}") == "shop/web")
            // An older one is refused all the same, and this one goes on where it is begun again.
            await #expect(throws: JobFailure.self) {
                try await cluster.rollout(image, job: "job3", sequence: 3, log: MemoryLog()).run()
            }
            let again = MemoryLog()
            _ = try await cluster.rollout(image, job: "job4", sequence: 4, log: again).run()
            #expect(again.text.contains("has been changed by this rollout already"))
        }
    }

    @Test func whatRunsAlreadyButIsBrokenIsNoSuccess() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let broken = try await TestImages.build("exit 3")
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl("set", "image", "deployment/web", "web=\(broken)")
            let log = MemoryLog()
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(broken, settle: .seconds(60), log: log).run()
            }
            #expect(error?.reason.contains("CrashLoopBackOff") == true)
            #expect(error?.reason.hasSuffix("it changed nothing, so there is nothing to roll back") == true)
        }
    }

    @Test("what another hand changes of the template besides the image is neither a success of ours nor undone")
    func anotherPartOfTheTemplate() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let broken = try await TestImages.build("exit 3")
            try await cluster.make(image: old, replicas: 1)
            let log = MemoryLog()
            let rollout = cluster.rollout(broken, settle: .seconds(60), log: log)
            let running = Task { try await rollout.run() }
            try await eventually(within: .seconds(60), "the change") { try await cluster.images().contains(broken) }
            try await cluster.kubectl("set", "env", "deployment/web", "-c", "web", "DEBUG=1")
            let error = await #expect(throws: JobFailure.self) { try await running.value }
            #expect(error?.reason.contains("another hand") == true, "\(error?.reason ?? "")")
            #expect(try await cluster.field("{.spec.template.spec.containers[0].env[0].name}") == "DEBUG")
        }
    }

    @Test("pods of another workload that the selector takes as well are not those of one that has the image already")
    func anotherWorkloadsPods() async throws {
        try await TestCluster.with { cluster in
            let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: one, replicas: 1)
            let labels: JSONValue = ["app": "web", "track": "canary"]
            try await cluster.make(
                "Deployment", "web-canary", image: two, replicas: 1,
                extra: [
                    "selector": ["matchLabels": labels],
                    "template": [
                        "metadata": ["labels": labels],
                        "spec": [
                            "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
                            "containers": [["name": "web", "image": .string(two), "imagePullPolicy": "IfNotPresent"]],
                        ],
                    ],
                ])
            _ = try await cluster.rollout(one, log: MemoryLog()).run()
        }
    }

    @Test func aCrashLoopWithoutAProbeIsNoSuccess() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            // Ready for a moment, so that the cluster calls the rollout complete.
            let broken = try await TestImages.build("/bin/busybox sleep 2; exit 1")
            try await cluster.make(image: old, replicas: 1)
            var rollout = cluster.rollout(broken, log: MemoryLog())
            rollout.patience = RolloutWatch.Patience()
            let unsettled = rollout
            let error = await #expect(throws: JobFailure.self) { try await unsettled.run() }
            #expect(error?.reason.contains("it ends with exit code 1") == true)
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true)
            #expect(try await cluster.images() == [old])
        }
    }

    @Test func oneThatEndsInItsSoakIsUndone() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let late = try await TestImages.build("/bin/busybox sleep 8; exit 1")
            try await cluster.make(image: old, replicas: 1)
            var rollout = cluster.rollout(late, log: MemoryLog())
            rollout.patience.soak = .seconds(60)
            let soaking = rollout
            let error = await #expect(throws: JobFailure.self) { try await soaking.run() }
            #expect(error?.reason.contains("after it had been well") == true)
            #expect(error?.reason.hasSuffix("; rolled back to revision 1") == true)
        }
    }

    @Test(arguments: [false, true])
    func anotherHandThatTakesOverMakesItNoSuccessAndIsLeftAlone(undoes: Bool) async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let slow = try await TestImages.build("/bin/busybox sleep 1000")
            let theirs = try await TestImages.server("theirs")
            try await cluster.make(image: old)
            // Ours stays unready, so that there is time for others.
            try await cluster.kubectl(
                "patch", "deployment/web", "-p",
                #"{"spec":{"template":{"spec":{"containers":[{"name":"web","readinessProbe":{"tcpSocket":{"port":8080},"periodSeconds":1}}]}}}}"#
            )
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            let rollout = cluster.rollout(slow, log: MemoryLog())
            let ended = Task { try await rollout.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == slow
            }
            if undoes {
                try await cluster.kubectl("rollout", "undo", "deployment/web")
            } else {
                try await cluster.kubectl("set", "image", "deployment/web", "web=\(theirs)")
            }
            let kept = undoes ? old : theirs
            let error = await #expect(throws: JobFailure.self) { try await ended.value }
            #expect(
                error?.reason
                    == "replaced by another hand: container web has the image \(kept) now; the workload is left to "
                    + "whoever changed it")
            try await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s")
            #expect(try await cluster.images() == [kept])
        }
    }

    @Test func anUndoByHandIsNoRolloutOfOursThoughItBringsBackWhatOneWrote() async throws {
        try await TestCluster.with { cluster in
            let (old, good) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old, replicas: 1)
            _ = try await cluster.rollout(good, log: MemoryLog()).run()
            let slow = try await TestImages.build("/bin/busybox sleep 5; exec /bin/busybox sleep 1000")
            var rollout = cluster.rollout(slow, job: "job2", sequence: 2, log: MemoryLog())
            rollout.patience.settle = .seconds(60)
            let settling = rollout
            let ended = Task { try await settling.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == slow
            }
            try await cluster.kubectl("rollout", "undo", "deployment/web")
            #expect(try await cluster.field("{.metadata.annotations.slipway\\.dev/rollout}") == "job1")
            let error = await #expect(throws: JobFailure.self) { try await ended.value }
            #expect(
                error?.reason
                    == "replaced by another hand: container web has the image \(good) now; the workload is left to "
                    + "whoever changed it")
        }
    }

    @Test func whatWasUndoneByHandWhileTheDeployerWasAwayIsNotDoneAgain() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            try await cluster.make(image: old)
            let began = cluster.rollout(new, log: MemoryLog())
            let first = Task { try await began.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == new
            }
            first.cancel()
            _ = await first.result
            // This takes back what is written on the workload as well.
            try await cluster.kubectl("rollout", "undo", "deployment/web")
            var again = cluster.rollout(new, log: MemoryLog())
            again.request.mayHaveBegun = true
            let second = again
            let error = await #expect(throws: JobFailure.self) { try await second.run() }
            #expect(error?.reason.contains("was changed by another hand since this rollout began") == true)
            #expect(try await cluster.field("{.spec.template.spec.containers[0].image}") == old)
        }
    }

    @Test func ofAnIndexThePlatformsManifestIsTheSameImage() async throws {
        try await TestCluster.with { cluster in
            let (old, new) = (try await TestImages.server("one"), try await TestImages.newServer("two"))
            // The engine has pushed the manifest, so it may name the image by that digest or by the index's.
            let index = try await TestImages.index(of: new)
            try await cluster.make(image: old)
            let login = RegistryCredentials(
                username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
                password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD"))
            let host = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY")
            let images = RegistryImages(registry: RegistryClient(client: cluster.http)) { image in
                image.registry == host ? login : nil
            }
            // Another index of the same image, as a build of unchanged sources makes it.
            let again = try await TestImages.index(of: new)
            #expect(again != index)
            for same in [new, again] {
                #expect(await images.compare(index, "docker-pullable://\(same)") == .same)
            }
            #expect(await images.compare(index, "docker-pullable://\(old)") == .different)
            let unknown = old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
            #expect(await images.compare(index, String(unknown)) == .different)
            #expect(await images.compare(index, "docker://sha256:" + String(repeating: "0", count: 64)) == .different)
            let id = try await TestImages.configuration(of: new)
            #expect(await images.compare(index, "docker://\(id)") == .same)
            // CRI-O names an image by nothing but its configuration.
            #expect(await images.compare(index, String(id.dropFirst(7))) == .same)
            var rollout = cluster.rollout(index, log: MemoryLog())
            rollout.compare = images.compare
            _ = try await rollout.run()
            #expect(try await cluster.images() == [index])
        }
    }

    @Test func aNewerRolloutIsNamed() async throws {
        try await TestCluster.with { cluster in
            let old = try await TestImages.server("one")
            let stuck = old.prefix { $0 != "@" } + "@sha256:" + String(repeating: "0", count: 64)
            let new = try await TestImages.server("two")
            try await cluster.make(image: old)
            var patient = cluster.rollout(String(stuck), job: "job1", sequence: 1, log: MemoryLog())
            patient.patience.factor = 100
            let first = patient
            let ended = Task { try await first.run() }
            try await eventually("the change") {
                try await cluster.field("{.spec.template.spec.containers[0].image}") == first.request.image
            }
            let log = MemoryLog()
            _ = try await cluster.rollout(new, job: "job2", sequence: 2, log: log).run()
            #expect(try await cluster.images() == [new])
            let error = await #expect(throws: JobFailure.self) { try await ended.value }
            // Either it saw that its image is not there before the other came, or it was replaced.
            let reason = error?.reason ?? ""
            #expect(reason.contains("the newer rollout of shop/web#job2") || reason.contains("cannot be pulled"))
        }
    }
}

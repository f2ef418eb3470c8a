import Contracts
import FoundationEssentials
import HTTPClient
import PipelineLanguage
import SystemPackage
import TestSupport
import Testing
import Worker
import Yams

@testable import Deployer
@testable import Kubernetes

/// What the deployer's account may do in a real cluster, and what it says where it may not.
@Suite(.serialized, .timeLimit(.minutes(5))) struct AccessTests {
    private struct Role: Codable {
        struct Rule: Codable {
            var apiGroups: [String]
            var resources: [String]
            var verbs: [String]
        }
        var rules: [Rule]
    }

    private static let manifest = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().appending("Compose/kubernetes/deployer.yaml")

    private static func text() throws -> String {
        try String(contentsOf: URL(filePath: manifest.string), encoding: .utf8)
    }

    /// The manifest's rights, written as a rollout's.
    private static func granted() throws -> Set<AccessRight> {
        let documents = try text().components(separatedBy: "---\n")
        let role = try #require(documents.first { $0.contains("kind: Role\n") })
        var rights: Set<AccessRight> = []
        for rule in try YAMLDecoder().decode(Role.self, from: role).rules {
            for group in rule.apiGroups {
                for resource in rule.resources {
                    for verb in rule.verbs {
                        rights.insert(AccessRight(verb: verb, group: group, resource: resource, name: nil))
                    }
                }
            }
        }
        return rights
    }

    @Test func theRoleHasWhatRolloutsAskForAndNoMore() throws {
        var asked: Set<AccessRight> = []
        for kind in Workload.Kind.allCases {
            let path = WorkloadPath(namespace: "shop", kind: kind, name: "web")
            let rights = RolloutRights(path, undoes: true)
            for var right in rights.all.map(\.right) {
                right.name = nil
                asked.insert(right)
            }
            #expect(Set(rights.needed + rights.useful) == Set(rights.all.map(\.right)))
        }
        #expect(try Self.granted() == asked)
    }

    /// A client that signs in as the manifest's account.
    private func account(in cluster: TestCluster) async throws -> KubernetesClient {
        try await cluster.kubectl("apply", "-f", Self.manifest.string)
        var token = ""
        try await eventually("the account's token") {
            let secret = try await cluster.field("{.secrets[0].name}", of: "serviceaccount/slipway-deployer")
            guard !secret.isEmpty else { return false }
            token = try await cluster.field("{.data.token}", of: "secret/\(secret)")
            return !token.isEmpty
        }
        let data = try #require(Data(base64Encoded: token))
        var access = cluster.client.access
        access.tls.identity = nil
        access.credential = .token(String(decoding: data, as: UTF8.self))
        return KubernetesClient(access: access, http: cluster.http, logger: cluster.logger)
    }

    @Test func aClusterIsKnownByWhateverWayItIsReached() async throws {
        try await TestCluster.with { cluster in
            let uid = try await cluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}")
            #expect(await ClusterIdentity(cluster.client).value() == uid)
            // The manifest's account may not look there: then it goes by the way.
            let client = try await account(in: cluster)
            let key = await ClusterIdentity(client).value()
            #expect(key != nil && key == client.access.signingKey)
            // Another account of the same cluster has another token.
            try await TestCluster.with { other in
                let second = try await account(in: other)
                #expect(second.access.fingerprint != client.access.fingerprint)
                #expect(await ClusterIdentity(second).value() == key)
            }
            var away = cluster.client.access
            away.server = "https://127.0.0.1:\(try LoopbackPort.free())"
            let unreached = KubernetesClient(access: away, http: cluster.http, logger: cluster.logger)
            #expect(await ClusterIdentity(unreached).value() == nil)
        }
    }

    @Test func theRoleIsEnoughForAllARolloutDoes() async throws {
        try await TestCluster.with { cluster in
            let client = try await account(in: cluster)
            let (old, new) = (try await TestImages.server("one"), try await TestImages.server("two"))
            let broken = try await TestImages.build("/bin/busybox echo no database here; exit 3")
            let kinds: [(String, Workload.Kind)] = [
                ("Deployment", .deployment), ("StatefulSet", .statefulset), ("DaemonSet", .daemonset),
            ]
            @Sendable func rollOut(_ kind: String, _ workload: Workload.Kind) async throws {
                try await cluster.make(kind, "w-\(workload)", image: old, replicas: 1)
                let log = MemoryLog()
                _ = try await cluster.rollout(new, kind: workload, name: "w-\(workload)", client: client, log: log)
                    .run()
                let failing = cluster.rollout(
                    broken, job: "job2", sequence: 2, kind: workload, name: "w-\(workload)", client: client,
                    settle: .seconds(60), log: log)
                let error = await #expect(throws: JobFailure.self) { try await failing.run() }
                #expect(error?.reason.contains("; rolled back to revision 2") == true)
                #expect(log.text.contains("event of pod w-\(workload)-"))
                #expect(log.text.contains("  no database here"))
                #expect(!log.text.contains("may not"))
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for (kind, workload) in kinds { group.addTask { try await rollOut(kind, workload) } }
                try await group.waitForAll()
            }
        }
    }

    /// A role like the manifest's with all rights but one.
    private func role(without right: AccessRight) throws -> String {
        let rules = try Self.granted().subtracting([right]).map { right -> JSONValue in
            [
                "apiGroups": [.string(right.group)], "resources": [.string(right.resource)],
                "verbs": [.string(right.verb)],
            ]
        }
        return String(decoding: try Wire.encode(JSONValue.array(rules)), as: UTF8.self)
    }

    @Test(arguments: Workload.Kind.allCases)
    func eachRightThatIsMissingIsNamedBeforeAnythingChanges(kind: Workload.Kind) async throws {
        try await TestCluster.with { cluster in
            let client = try await account(in: cluster)
            let old = try await TestImages.server("one")
            let names = [Workload.Kind.deployment: "Deployment", .statefulset: "StatefulSet", .daemonset: "DaemonSet"]
            try await cluster.make(names[kind] ?? "", "web", image: old, replicas: 1)
            let rollout = cluster.rollout(old, kind: kind, client: client, log: MemoryLog())
            let rights = RolloutRights(rollout.path, undoes: true)
            for right in rights.needed + rights.useful {
                var kept = right
                kept.name = nil
                let patch = #"[{"op":"replace","path":"/rules","value":\#(try role(without: kept))}]"#
                try await cluster.kubectl("patch", "role/slipway-deployer", "--type=json", "-p", patch)
                // The authorizer learns of it by a watch.
                try await eventually("the smaller role") {
                    try await AccessReview(client: client, namespace: cluster.namespace).missing(
                        of: rights.needed + rights.useful) == [right]
                }
                let log = MemoryLog()
                var mayHaveBegun = false
                let start = RolloutStart(
                    client: client, request: rollout.request, path: rollout.path, undoes: true,
                    deadline: .now.advanced(by: .seconds(60)), log: log, logger: cluster.logger)
                let what = "the deployer's account "
                if rights.useful.contains(right) {
                    _ = try await start.run(&mayHaveBegun)
                    #expect(log.text.contains("\(what)may not \(right.description) in namespace \(cluster.namespace)"))
                } else {
                    let error = await #expect(throws: JobFailure.self) {
                        _ = try await start.run(&mayHaveBegun)
                    }
                    #expect(!mayHaveBegun)
                    #expect(
                        error?.reason
                            == "\(what)in the cluster may not \(right.description) in namespace \(cluster.namespace), "
                            + "which this rollout needs; Compose/kubernetes/deployer.yaml has the role")
                    let sequence = "{.metadata.annotations.slipway\\.dev/sequence}"
                    #expect(try await cluster.field(sequence, of: "\(kind)/web").isEmpty)
                }
            }
        }
    }

    @Test func `Another team's service account rolls out nothing here, and the reason says why`() async throws {
        try await TestCluster.with { theirs in
            let client = try await account(in: theirs)
            try await TestCluster.with { ours in
                let (one, two) = (try await TestImages.server("one"), try await TestImages.server("two"))
                try await ours.make(image: one, replicas: 1)
                let error = await #expect(throws: JobFailure.self) {
                    try await ours.rollout(two, client: client, log: MemoryLog()).run()
                }
                let reason = error?.reason ?? ""
                #expect(reason.hasPrefix("the deployer's account in the cluster may not "), "\(reason)")
                #expect(reason.contains("in namespace \(ours.namespace), which this rollout needs"), "\(reason)")
                #expect(try await ours.images() == [one])
            }
        }
    }

    @Test func whatCannotBeToldForLackOfARightIsInTheReason() async throws {
        try await TestCluster.with { cluster in
            let client = try await account(in: cluster)
            let old = try await TestImages.server("one")
            let broken = try await TestImages.build("exit 3")
            try await cluster.make(image: old, replicas: 1)
            let events = AccessRight(verb: "list", group: "", resource: "events")
            let patch = #"[{"op":"replace","path":"/rules","value":\#(try role(without: events))}]"#
            try await cluster.kubectl("patch", "role/slipway-deployer", "--type=json", "-p", patch)
            try await eventually("the smaller role") {
                try await !AccessReview(client: client, namespace: cluster.namespace).missing(of: [events]).isEmpty
            }
            let error = await #expect(throws: JobFailure.self) {
                try await cluster.rollout(broken, client: client, settle: .seconds(60), log: MemoryLog()).run()
            }
            #expect(
                error?.reason.contains("; more would be known if the deployer's account could list events; rolled back")
                    == true, "\(error?.reason ?? "")")
        }
    }

    @Test func aRightThatIsTakenAwayOnTheWayEndsTheRollout() async throws {
        try await TestCluster.with { cluster in
            let client = try await account(in: cluster)
            let old = try await TestImages.server("one")
            try await cluster.make(image: old, replicas: 1)
            try await cluster.kubectl("delete", "rolebinding/slipway-deployer")
            let rollout = cluster.rollout(old, client: client, log: MemoryLog())
            let workload = try await cluster.client.get(rollout.path.object, as: WorkloadObject.self)
            let applied = AppliedTemplate(workload, container: "web")
            let follower = RolloutFollower(
                client: client, path: rollout.path, compare: rollout.compare, stuck: { _ in }, log: MemoryLog(),
                logger: cluster.logger)
            let watch = RolloutWatch(
                kind: .deployment, applied: applied, startedAt: .now, allowed: .seconds(600))
            // The authorizer learns of it by a watch, so a watch or two may still be let in.
            let error = await #expect(throws: JobFailure.self) {
                for _ in 1...100 { _ = try await follower.follow(watch, of: applied, from: workload) }
            }
            #expect(error?.reason.contains("the rollout began but cannot be watched") == true)
        }
    }
}

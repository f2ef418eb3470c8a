import Contracts
import FoundationEssentials
import HTTPClient
import Logging
import PipelineLanguage
import Synchronization
import SystemPackage
import TestSupport
import Worker

@testable import Deployer
@testable import Kubernetes

/// The name is Hummingbird's as well.
typealias OutgoingRequest = HTTPRequest

/// A log kept in memory.
final class MemoryLog: StepLog {
    private let bytes = Mutex<[UInt8]>([])
    var text: String { String(decoding: bytes.withLock { $0 }, as: UTF8.self) }
    var lines: [String] { text.split(separator: "\n").map(String.init) }
    func write(_ new: [UInt8]) async { bytes.withLock { $0 += new } }
}

/// A namespace of a test's own in the cluster of the tests, driven by kubectl: what makes and inspects the test's world
/// shares no code with what is tested.
struct TestCluster: Sendable {
    let kubeconfig: String
    let namespace: String
    let client: KubernetesClient
    let http: HTTPClient
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func with(_ body: (TestCluster) async throws -> Void) async throws {
        let kubeconfig = try TestEnvironment.required("SLIPWAY_TEST_KUBECONFIG")
        let http = HTTPClient(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let client = KubernetesClient(
            access: try ClusterAccess.load(kubeconfig: kubeconfig), http: http,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let name = "test-\(String(UInt64.random(in: .min ... .max), radix: 36))"
        let cluster = TestCluster(kubeconfig: kubeconfig, namespace: name, client: client, http: http)
        try await cluster.kubectl("create", "namespace", name)
        do {
            try await body(cluster)
        } catch {
            _ = try? await cluster.kubectl("delete", "namespace", name, "--wait=false")
            await http.shutdown()
            throw error
        }
        try await cluster.kubectl("delete", "namespace", name, "--wait=false")
        await http.shutdown()
    }

    @discardableResult
    func kubectl(_ arguments: String...) async throws -> String {
        try await runTool("kubectl", ["--kubeconfig", kubeconfig, "-n", namespace] + arguments)
    }

    /// Makes a workload of one container called `web` and waits until it runs.
    /// - Parameter extra: More of its `spec`.
    func make(
        _ kind: String = "Deployment", _ name: String = "web", image: String, replicas: Int = 2,
        extra: [String: JSONValue] = [:]
    ) async throws {
        var spec: [String: JSONValue] = [
            "selector": ["matchLabels": ["app": .string(name)]],
            "template": [
                "metadata": ["labels": ["app": .string(name)]],
                "spec": [
                    "automountServiceAccountToken": false, "terminationGracePeriodSeconds": 0,
                    "containers": [["name": "web", "image": .string(image), "imagePullPolicy": "IfNotPresent"]],
                ],
            ],
        ]
        if kind != "DaemonSet" { spec["replicas"] = .integer(Int64(replicas)) }
        if kind == "StatefulSet" { spec["serviceName"] = .string(name) }
        spec.merge(extra) { $1 }
        let object: JSONValue = [
            "apiVersion": "apps/v1", "kind": .string(kind), "metadata": ["name": .string(name)], "spec": .object(spec),
        ]
        try await withTemporaryDirectory { directory in
            let file = directory.appending("object.json").string
            try Wire.encode(object).write(to: URL(filePath: file))
            try await kubectl("apply", "-f", file)
        }
        try await kubectl("rollout", "status", "\(kind.lowercased())/\(name)", "--timeout=90s")
    }

    /// - Parameter settle: how long pods have to stay up. The tests' servers are up at once; an image that ends needs
    ///   longer, for a busy node sees its end late.
    func rollout(
        _ image: String, job: String = "job1", sequence: Int64? = 1, kind: Workload.Kind = .deployment,
        name: String = "web", container: String = "web", allowed: Duration = .seconds(90), undoes: Bool = true,
        client: KubernetesClient? = nil, stopped: JobStop? = nil, owner: String = "shop/web",
        takes: RolloutPermit.Taking = .unmarked, settle: Duration = .seconds(1), log: MemoryLog
    ) -> KubernetesRollout {
        var patience = RolloutWatch.Patience()
        patience.settle = settle
        return KubernetesRollout(
            client: client ?? self.client,
            request: RolloutRequest(
                workload: Workload(kind: kind, name: name), namespace: namespace, container: container, image: image,
                sequence: sequence, job: JobID(rawValue: job), run: RunID(rawValue: "run-\(job)"),
                runName: "shop/web#\(job)",
                ownership: Ownership(owner: owner, environment: "production", takes: takes),
                commit: String(repeating: "c", count: 40),
                cause: "run of \(job)"),
            allowed: allowed, undoes: undoes, patience: patience, stopped: { stopped }, log: log, logger: logger)
    }

    /// The images of the pods that are not being ended.
    func images() async throws -> Set<String> {
        let text = try await kubectl(
            "get", "pods", "-o",
            "go-template={{range .items}}{{if not .metadata.deletionTimestamp}}{{range .spec.containers}}{{.image}}{{\"\\n\"}}{{end}}{{end}}{{end}}"
        )
        return Set(text.split(separator: "\n").map(String.init))
    }

    func field(_ path: String, of object: String = "deployment/web") async throws -> String {
        try await kubectl("get", object, "-o", "jsonpath=\(path)")
    }
}

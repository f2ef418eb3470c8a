import Contracts
import FoundationEssentials
import HTTPClient
import TestSupport

/// A namespace of the tests' Kubernetes cluster, removed at the end.
struct Cluster: Sendable {
    let namespace: String
    private let kubeconfig: String

    static func withNamespace(_ body: (Cluster) async throws -> Void) async throws {
        let cluster = Cluster(
            namespace: "test-\(String(UInt64.random(in: .min ... .max), radix: 36))",
            kubeconfig: try TestEnvironment.required("SLIPWAY_TEST_KUBECONFIG"))
        try await cluster.kubectl(["create", "namespace", cluster.namespace])
        do {
            try await body(cluster)
        } catch {
            _ = try? await cluster.kubectl(["delete", "namespace", cluster.namespace, "--wait=false"])
            throw error
        }
        try await cluster.kubectl(["delete", "namespace", cluster.namespace, "--wait=false"])
    }

    @discardableResult
    func kubectl(_ arguments: [String]) async throws -> String {
        try await runTool("kubectl", ["--kubeconfig", kubeconfig] + arguments)
    }

    /// A deployment of one container, which runs the image every node of the tests has.
    func deploy(_ name: String, replicas: Int) async throws {
        try await kubectl(["-n", namespace, "create", "deployment", name, "--image=pause:local"])
        let patch = """
            {"spec": {"replicas": \(replicas), "progressDeadlineSeconds": 30, "template": {"spec": {
              "terminationGracePeriodSeconds": 1,
              "containers": [{"name": "pause", "$patch": "delete"},
                {"name": "web", "image": "pause:local", "imagePullPolicy": "IfNotPresent"}]}}}}
            """
        try await kubectl(["-n", namespace, "patch", "deployment", name, "--type=strategic", "-p", patch])
        try await kubectl(["-n", namespace, "rollout", "status", "deployment/\(name)", "--timeout=60s"])
    }

    /// The image the deployment's pods should run.
    func image(of deployment: String) async throws -> String {
        try await kubectl([
            "-n", namespace, "get", "deployment", deployment, "-o",
            "jsonpath={.spec.template.spec.containers[0].image}",
        ])
    }

    /// The image of each pod there is, as the container runtime tells it.
    func podImages(of deployment: String) async throws -> [String] {
        try await kubectl([
            "-n", namespace, "get", "pods", "-l", "app=\(deployment)", "-o",
            "jsonpath={range .items[*]}{.status.containerStatuses[0].imageID}{\"\\n\"}{end}",
        ]).split(separator: "\n").map(String.init)
    }
}

/// The tests' registry.
enum Registry {
    /// What the registry itself says a tag's digest is.
    static func digest(of image: String, tag: String) async throws -> String {
        guard let slash = image.firstIndex(of: "/") else { throw TestFailure("\(image) names no registry") }
        let user = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME")
        let password = try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD")
        let headers = try await runTool(
            "curl",
            [
                "-sS", "-f", "-I", "-u", "\(user):\(password)", "-H",
                "Accept: application/vnd.docker.distribution.manifest.v2+json",
                "http://\(image[..<slash])/v2/\(image[image.index(after: slash)...])/manifests/\(tag)",
            ])
        for line in headers.split(whereSeparator: \.isNewline)
        where line.lowercased().hasPrefix("docker-content-digest:") {
            return line.drop { $0 != ":" }.dropFirst().filter { !$0.isWhitespace }
        }
        throw TestFailure("the registry gave no digest: \(headers)")
    }
}

extension PlatformClient {
    func addRegistryLogin(_ host: String) async throws {
        let request = RegistryRequest(
            username: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_USERNAME"),
            password: try TestEnvironment.required("SLIPWAY_TEST_REGISTRY_PASSWORD"))
        let answer = try await send(.put, "registries/\(host)", request)
        guard (200...299).contains(answer.status) else { throw TestFailure("\(answer.status): \(answer.text)") }
    }
}

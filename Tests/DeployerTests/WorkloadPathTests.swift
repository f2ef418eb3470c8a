import PipelineLanguage
import Testing

@testable import Deployer
@testable import Kubernetes

@Suite struct WorkloadPathTests {
    private func pod(
        _ owner: ObjectMetadata.OwnerReference?, hash: String? = "5d4f"
    ) -> PodObject {
        var metadata = ObjectMetadata()
        metadata.name = "web-1"
        metadata.labels = ["app": "web"]
        metadata.labels?["pod-template-hash"] = hash
        metadata.ownerReferences = owner.map { [$0] }
        return PodObject(metadata: metadata, spec: nil, status: nil)
    }

    @Test func `Logs and events are shown of no pod that only bears the workload's labels`() {
        let web = WorkloadPath(namespace: "shop", kind: .deployment, name: "web")
        func set(_ name: String, _ kind: String = "ReplicaSet") -> ObjectMetadata.OwnerReference {
            .init(kind: kind, name: name, uid: "1", controller: true)
        }
        #expect(web.owns(pod(set("web-5d4f")), uid: "7"))
        // Another team's, whose selector takes the same labels; one made by hand; a job's.
        #expect(!web.owns(pod(set("bank-5d4f")), uid: "7"))
        #expect(!web.owns(pod(set("web-api-5d4f")), uid: "7"))
        #expect(!web.owns(pod(set("web-5d4f"), hash: nil), uid: "7"))
        #expect(!web.owns(pod(nil), uid: "7"))
        #expect(!web.owns(pod(set("web-5d4f", "Job")), uid: "7"))
        var shared = set("web-5d4f")
        shared.controller = nil
        #expect(!web.owns(pod(shared), uid: "7"))
    }

    @Test(arguments: [Workload.Kind.statefulset, .daemonset])
    func `A pod of another kind of workload is known by its owner's uid`(kind: Workload.Kind) {
        let path = WorkloadPath(namespace: "shop", kind: kind, name: "web")
        let owner = ObjectMetadata.OwnerReference(kind: "StatefulSet", name: "web", uid: "7", controller: true)
        #expect(path.owns(pod(owner), uid: "7"))
        #expect(!path.owns(pod(owner), uid: "8") && !path.owns(pod(owner), uid: nil))
    }
}

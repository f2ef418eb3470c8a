/// All kinds of targets there are; a step goes to the first that takes it.
enum RolloutTargets {
    static let all: [any RolloutTarget.Type] = [KubernetesTarget.self, DockerTarget.self]
}

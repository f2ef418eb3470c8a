/// The kinds of steps a builder runs. Each step is of one of them; they clean up in this order.
enum BuildStepRunners {
    static let all: [any BuildStepRunner.Type] = [
        ProcessStepRunner.self,
        ContainerStepRunner.self,
        ImageBuildRunner.self,
    ]
}

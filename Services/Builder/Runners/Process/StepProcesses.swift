import Worker

/// What a builder runs steps without an image with.
struct StepProcesses: Sendable {
    let runner: ProcessRunner
    /// Whether steps get the engine's socket, with which they are root on the engine's machine.
    var sharesDocker = false
}

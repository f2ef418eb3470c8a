/// How the time of a step is divided between a rollout and the undo of one that fails.
struct RolloutTime: Sendable, Equatable {
    /// For the rollout, its soak included.
    var allowed: Duration
    var undo: Duration

    private static let longestUndo = Duration.seconds(120)

    init(allowed: Duration, undo: Duration) {
        self.allowed = allowed
        self.undo = undo
    }

    /// - Parameters:
    ///   - timeout: The step's own, in seconds.
    ///   - job: How long the whole job may take, in seconds.
    ///   - soak: How long the workload has to stay well, in seconds.
    ///   - standard: How long a rollout may take whose step says nothing.
    init(timeout: Int?, job: Int, soak: Int?, standard: Duration, undoes: Bool) {
        // A timeout ends the step without a word, so the rollout's comes a little before and explains.
        let whole = Duration.seconds(min(timeout ?? job, job))
        let spare = whole - min(.seconds(2), whole / 10)
        undo = undoes ? min(Self.longestUndo, whole / 4) : .zero
        allowed = spare - undo
        if timeout == nil { allowed = min(allowed, standard + .seconds(soak ?? 0)) }
    }
}

/// How long a job is its worker's without a sign of life. One table of durations for all who count them: the platform,
/// which gives the job to another after ``length``, and the worker, which stops it well before.
struct LeaseTerms: Sendable, Equatable {
    /// How often workers are to be heard, three times; a grant says it.
    var lease: Duration
    /// How long the job is kept for its worker after that; a grant says it.
    var hold: Duration

    /// - Parameter hold: nothing where an outage of the broker is to take a job from its worker.
    init(lease: Duration = .seconds(30), hold: Duration = .seconds(120)) {
        self.lease = lease
        self.hold = hold
    }

    /// How often the platform beats while a lease runs.
    var beat: Duration { min(.seconds(5), lease / 6) }

    /// How late a beat may be before workers count as not heard: they are given whole leases when it has arrived.
    var patience: Duration { beat * 2 }

    /// How much of the time that has passed heard time may not yet have counted.
    var delay: Duration { beat + patience }

    /// After how much heard time without a sign of life another worker may have the job.
    var length: Duration { lease + hold + delay }
}

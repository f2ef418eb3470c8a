import Measures
import Messaging

extension OpenWork {
    /// What `/metrics` shows of it. A queue whose jobs have all ended is absent.
    var samples: [Sample] {
        [Sample(.runsOpen, is: Double(runs)), Sample(.deadLetters, is: Double(deadLetters))]
            + jobs.map { Sample(.jobs, $0.queue, $0.state, is: Double($1)) }
            + oldest.map { Sample(.jobsOldest, $0, is: $1) }
            + workers.flatMap { queue, count in
                [
                    Sample(.workers, queue, "ready", is: Double(count.ready)),
                    Sample(.workers, queue, "unready", is: Double(count.unready)),
                ]
            }
    }

    /// What `/metrics` shows of the broker's queues; nothing while that is away.
    func queueSamples(bus: Bus, logs: Bus) async -> [Sample] {
        let queues = Set(jobs.map(\.key.queue)).union(workers.keys).sorted()
        return (await bus.lengths(with: queues, logs: logs) ?? [:]).map { Sample(.queueMessages, $0, is: Double($1)) }
    }
}

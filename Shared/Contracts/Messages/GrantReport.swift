/// What a worker says of a job that was granted to it, and how it shows that it was.
public protocol GrantReport: Message {
    var job: JobID { get }
    var attempt: Int { get }
    var token: String? { get }
}

extension StepStarted: GrantReport {}
extension StepFinished: GrantReport {}
extension JobHeartbeat: GrantReport {}
extension JobFinished: GrantReport {}
extension LogChunk: GrantReport {}

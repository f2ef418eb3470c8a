import Contracts

/// Where a followed run is shown.
protocol FollowScreen: Actor {
    /// Whether people read it, so that steps of one name have to be told apart.
    nonisolated var isForPeople: Bool { get }
    /// A complete line of a step's log.
    /// - Parameter stamp: when it was written, for people; `nil` where nobody asked.
    func log(step: StepView, line: String, stamp: String?)
    func changed(_ view: RunView)
    /// The connection was lost or is back.
    func remark(_ text: String)
    /// Time has passed; nothing else has.
    func tick()
    func finished(_ view: RunView)
}

extension FollowScreen {
    nonisolated var isForPeople: Bool { true }
}

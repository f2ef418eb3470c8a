/// The metadata keys of all logs, each with one meaning, in the order in which a line has them.
///
/// Libraries log without this target, so the code writes them as texts; `Tests/check` holds every one to this list.
enum LogKey: String, CaseIterable {
    // What a line is about, from the large to the small.
    case repository, ref, commit
    case run, job, attempt, step
    /// One of this program's job loops.
    case worker
    /// Its name in `SLIPWAY_CLUSTERS`.
    case cluster
    /// Of a Docker host.
    case service
    case queue
    /// The id of a message or event; of a push it is that of its trigger.
    case message
    /// A message's or event's.
    case type
    /// The id of a W3C trace.
    case trace
    /// Which of a broker's connections.
    case connection
    case forge, client
    /// A host, or a URL without anything secret.
    case address
    case method, path
    /// An answer's or an exit status.
    case status
    /// The code of a refusal or problem.
    case code

    // What is said about it.
    case outcome, kept, count, bytes, format, version, name, arguments, line
    /// How long until it is tried again.
    case after, next
    /// A moment.
    case until
    /// The name of a token.
    case token
    /// What signs the first person in, once.
    case link
    /// In words, of something that was decided.
    case reason
    /// In words, of something that went wrong.
    case error

    private static let places = Dictionary(
        uniqueKeysWithValues: allCases.enumerated().map { ($1.rawValue, $0) })

    /// Whether a line has one key before another; what is not listed comes last.
    static func isBefore(_ one: String, _ other: String) -> Bool {
        (places[one] ?? .max, one) < (places[other] ?? .max, other)
    }
}

import DockerEngine
import Logging

/// The sizes of an engine's volumes. It measures all of them at once and not twice at a time, which may take long: whoever
/// asks gets what was measured last, and has it measured again where that is old.
actor VolumeSizes {
    private var sizes: [String: Int64] = [:]
    private var next = ContinuousClock.now
    private var isMeasuring = false
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    func now(_ measure: @escaping @Sendable () async throws(DockerError) -> [String: Int64]) -> [String: Int64] {
        if !isMeasuring, next <= .now {
            isMeasuring = true
            // A task of its own: other jobs get its result too.
            Task {
                let begin = ContinuousClock.now
                do {
                    sizes = try await measure()
                } catch {
                    // The next time shows it.
                    logger.debug("the sizes of volumes cannot be measured", metadata: ["error": "\(error)"])
                }
                // One part in twenty of the time.
                next = ContinuousClock.now + max(.seconds(1), begin.duration(to: .now) * 20)
                isMeasuring = false
            }
        }
        return sizes
    }
}

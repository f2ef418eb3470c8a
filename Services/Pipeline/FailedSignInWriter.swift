import Logging
import ServiceLifecycle
import Storage

/// Writes into the audit log which attempts to sign in failed: the first at once, what follows within a minute as one.
struct FailedSignInWriter: Service {
    let signIns: SignInOperations
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            for await _ in signIns.failed.wakes {
                await tell()
                do { try await Task.sleep(for: .seconds(60)) } catch { break }
            }
        }
        await tell()
    }

    private func tell() async {
        do {
            try await signIns.writeFailures()
        } catch {
            logger.warning("failed attempts to sign in cannot be written", metadata: ["error": "\(error)"])
        }
    }
}

import Glibc
import NIOCore

extension SettingsError {
    /// An address that cannot be listened on.
    /// - Parameters:
    ///   - address: one, or several of which none could be.
    ///   - setting: where it comes from.
    ///   - error: why not, as NIO threw it.
    public init(cannotListenOn address: String, _ setting: any AnySetting, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        self.init(
            setting: setting.variable, message: "cannot listen on \(address): \(reason)",
            remedy: "another program may have the port; set \(setting.variable) to a free one of this machine's")
    }
}

import Contracts

/// Texts in a commit's message that ask for no run.
public enum SkipText {
    /// Lower case.
    static let texts = ["[ci skip]", "[skip ci]", "[ci-skip]", "[skip-ci]", "[ci_skip]", "[skip_ci]", "***no_ci***"]

    /// The text found in a message, as it is written there in any case.
    public static func found(in message: String) -> String? {
        guard message.utf8.contains(UInt8(ascii: "[")) || message.utf8.contains(UInt8(ascii: "*")) else { return nil }
        let bytes = message.utf8.map { byte in
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
        }
        for text in texts {
            let wanted = Array(text.utf8)
            guard bytes.count >= wanted.count else { continue }
            for start in 0...(bytes.count - wanted.count) where bytes[start] == wanted[0] {
                if bytes[start..<start + wanted.count].elementsEqual(wanted) { return text }
            }
        }
        return nil
    }
}

extension Facts {
    /// Why the event asks for no run at all, or `nil`. Only a push and a merge request can: the others were asked for.
    public var refusal: SkipReason? {
        switch event {
        case .push, .pullRequest:
            if skip { return SkipReason(.skipText, "the push asked for no run") }
            if let message, let text = SkipText.found(in: message) {
                return SkipReason(.skipText, "the commit message says \(text)")
            }
            return nil
        case .tag, .cron, .custom, .promote, .rollback: return nil
        }
    }
}

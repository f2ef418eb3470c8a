import Contracts
import FoundationEssentials
import Testing

@Suite("JSON that is written by hand is what the encoder writes")
struct JSONTextTests {
    /// Everything that JSON escapes, and what it does not.
    private static let text =
        String(decoding: UInt8.zero..<0x80, as: UTF8.self) + "/“é”🚢\u{2028}\u{7F}\u{FEFF}\r\n</script>"

    private static let triggers = [
        Sample.trigger, Sample.manual,
        Trigger(
            id: MessageID(rawValue: text), event: .pullRequest, eventFollowsRef: true, action: text,
            repository: RepositoryPath(rawValue: text),
            ref: text, branch: text, before: text, commit: text, sender: text, message: text, skip: true, target: text,
            cron: text, parameters: [text: text, "": "", "B": "1", "a": "2", "ä": "3", "b": "4"], parent: 41,
            defaultBranch: text,
            origin: Trigger.Origin(
                avatarURL: text, forge: text, projectID: -7, projectURL: text, sshURL: text, userName: text,
                visibility: text),
            run: RunID(rawValue: text), receivedAt: Timestamp(milliseconds: 0)),
        Trigger(
            id: MessageID(rawValue: ""), event: .tag, repository: RepositoryPath(rawValue: ""), ref: "",
            origin: Trigger.Origin()),
    ]

    @Test("a push, whatever is in it", arguments: triggers, [nil, "main", text])
    func push(_ trigger: Trigger, _ branch: String?) throws {
        let push = PushReceived(trigger: trigger, cloneURL: Self.text, defaultBranch: branch)
        #expect(try String(decoding: push.json(), as: UTF8.self) == String(decoding: Wire.encode(push), as: UTF8.self))
    }

    @Test("what is escaped is found wherever it stands", arguments: ["\"", "\\", "\u{1F}", "\u{0}"])
    func escapes(_ escaped: String) throws {
        for length in 0..<40 {
            for offset in 0...length {
                let around = String(repeating: "\u{80}", count: offset) + escaped
                let text = around + String(repeating: "!", count: length - offset)
                let push = PushReceived(trigger: Sample.trigger, cloneURL: text)
                #expect(try Data(push.json()) == Wire.encode(push))
            }
        }
    }

    @Test("every event a trigger may have", arguments: Event.allCases)
    func events(_ event: Event) throws {
        var trigger = Sample.trigger
        trigger.event = event
        let push = PushReceived(trigger: trigger, cloneURL: "https://git.example/shop/web.git")
        #expect(try Data(push.json()) == Wire.encode(push))
    }
}

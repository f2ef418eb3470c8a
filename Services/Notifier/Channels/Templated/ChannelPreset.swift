import Contracts

/// What is known of a chat: the body it takes, how it is signed, and how it says that it took it.
struct ChannelPreset: Sendable {
    let name: String
    let template: String
    var escape = BodyTemplate.Escape.json
    /// With a secret; `nil` where the chat knows none.
    var signature: ChannelSignature?
    let answer: ChannelAnswer

    /// Incoming webhooks. They answer 200 `ok`, and 4xx with a word such as `no_service`.
    static let slack = ChannelPreset(
        name: "slack", template: #"{"text":"{{text}}"}"#, escape: .slack, answer: .text("ok"))

    /// Custom bots. In a post a text is a text, while a message of the type `text` may have `<at user_id="all">` in it.
    static let feishu = ChannelPreset(
        name: "feishu",
        template: #"{ {{#sign}}"timestamp":"{{timestamp}}","sign":"{{sign}}",{{/sign}}"msg_type":"post","#
            + #""content":{"post":{"zh_cn":{"content":[[{"tag":"text","text":"{{text}}"}]]} } } }"#,
        signature: .feishu, answer: .member("code", 0))

    /// Custom robots. The type `text` has no markup, and calls no one by what it says.
    static let dingtalk = ChannelPreset(
        name: "dingtalk", template: #"{"msgtype":"text","text":{"content":"{{text}}"} }"#, signature: .dingtalk,
        answer: .member("errcode", 0))

    /// Group robots, whose key is in their address.
    static let wecom = ChannelPreset(
        name: "wecom", template: #"{"msgtype":"text","text":{"content":"{{text}}"} }"#, answer: .member("errcode", 0))

    static let all = [slack, feishu, dingtalk, wecom]
}

/// Makes inputs out of a corpus: pieces cut, doubled, exchanged between documents, and words of the format put in.
struct Generator {
    private let corpus: [[UInt8]]
    private var random = SystemRandomNumberGenerator()

    private static let words = [
        "kind: pipeline\n", "steps:\n", "- name: a\n", "  commands: [a]\n", "---\n", "&a ", "*a", "<<: ", "? ", ": ",
        "{", "}",
        "[", "]", "\"", "'", "|\n", ">\n", "- ", "\t", "\u{0}", "\u{85}", "\u{2028}", "\u{FEFF}", "\r\n", "!!str ",
        "%YAML 1.1\n",
        "${", "}", "$${", "${A}", "${A:-", "${A//", "${A##", "${A%%", "${A:1:", "${steps.a.b}", "${parameters.", "**/",
        "*", "?",
        "[a-", "{a,", "\\", "depends_on: [a]\n", "matrix: {a: [1, 2]}\n", "when: {branch: ", "null", "~", "1e999", "-0",
        "0x",
        "\"\\u0000\"", "\"\\ud800\"", "{\"step\":", "[[[[[[[[", "{a: {a: {a: ", "deploy", "build: ", "services: ",
        "from_secret: ",
    ].map { Array($0.utf8) }

    init(corpus: [[UInt8]]) {
        self.corpus = corpus.isEmpty ? [Array("steps: [{name: a, commands: [a]}]\n".utf8)] : corpus
    }

    mutating func next(for target: Target) -> [UInt8] {
        var input = target == .yaml || target == .json ? pick(corpus) : []
        for _ in 0..<(1 + below(12)) { mutate(&input) }
        if target == .glob || target == .substitution, below(2) == 0 {
            input = Array(repeating: pick(Self.words), count: 1 + below(40)).flatMap(\.self) + [10] + input
        }
        return Array(input.prefix(1 << 16))
    }

    private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<max(1, count), using: &random) }

    private mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    private mutating func mutate(_ input: inout [UInt8]) {
        let place = below(input.count + 1)
        switch below(9) {
        case 0: input.insert(UInt8(below(256)), at: place)
        case 1 where place < input.count: input[place] = UInt8(below(256))
        case 2 where place < input.count: input[place] ^= 1 << UInt8(below(8))
        case 3 where place < input.count: input.removeSubrange(place..<min(input.count, place + 1 + below(40)))
        case 4 where place < input.count:
            let piece = input[place..<min(input.count, place + 1 + below(200))]
            let copies = Array(repeating: Array(piece), count: 1 + below(below(20) == 0 ? 200 : 4)).flatMap(\.self)
            input.insert(contentsOf: copies, at: below(input.count))
        case 5:
            let other = pick(corpus)
            let start = below(other.count)
            input.insert(contentsOf: other[start..<min(other.count, start + below(300))], at: place)
        default:
            let word = pick(Self.words)
            input.insert(
                contentsOf: Array(repeating: word, count: 1 + below(below(10) == 0 ? 300 : 2)).flatMap(\.self),
                at: place)
        }
    }
}

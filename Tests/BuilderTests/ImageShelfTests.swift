import DockerEngine
import Testing

@testable import Builder

/// Which images of an engine may go.
@Suite struct ImageShelfTests {
    private func image(
        _ id: Character, parent: Character? = nil, tags: [String] = [], of repository: String? = "shop/web"
    ) -> ListedImage {
        ListedImage(
            id: "sha256:" + String(repeating: id, count: 64),
            parent: parent.map { "sha256:" + String(repeating: $0, count: 64) } ?? "", size: 1, created: 1, tags: tags,
            labels: repository.map { ["slipway.dev/repository": $0] } ?? [:])
    }

    private func names(_ images: [ListedImage], _ contents: ImageShelf.Contents) -> [String] {
        ImageShelf.candidates(images, contents).map { String($0.name.dropFirst("sha256:".count).prefix(1)) }
    }

    private func built(_ ids: [Character: (repository: String, at: Int64)]) -> ImageShelf.Contents {
        var contents = ImageShelf.Contents()
        for (id, use) in ids {
            contents.built[String(repeating: id, count: 12)] = .init(repository: use.repository, usedAt: use.at)
        }
        return contents
    }

    @Test func `The last layers of earlier builds go, the longest unused first, and those of the last one stay`() {
        let images = [
            image("a"), image("b", parent: "a"), image("c", parent: "a"), image("d", parent: "a"), image("e"),
        ]
        let contents = built([
            "a": ("shop/web", 3), "b": ("shop/web", 2), "c": ("shop/web", 1), "d": ("shop/web", 3),
            "e": ("shop/api", 0),
        ])
        #expect(names(images, contents) == ["c", "b"])
    }

    @Test func `What is not known to be this builder's stays, and so does what has a name or no label`() {
        let images = [
            image("a"), image("b", tags: ["tools:1"]), image("c", of: nil), image("d"), image("e"),
        ]
        let contents = built([
            "b": ("shop/web", 1), "c": ("shop/web", 1), "d": ("shop/web", 1), "e": ("shop/web", 2),
        ])
        #expect(names(images, contents) == ["d"])
    }

    @Test func `Pulled images and names of pushes go by when they were used`() {
        var contents = ImageShelf.Contents()
        contents.pulled = ["r/a@sha256:1": 5, "r/b@sha256:2": 3]
        contents.pushed = ["r/web:1": .init(id: "sha256:9", usedAt: 4)]
        #expect(ImageShelf.candidates([], contents).map(\.name) == ["r/b@sha256:2", "r/web:1", "r/a@sha256:1"])
    }
}

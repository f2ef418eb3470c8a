/// How a repository's pipeline file is called.
public enum PipelineFileNames {
    /// The names that are read; the first one there is wins.
    public static let read = [".slipway.yml", ".slipway.json", ".drone.yml"]

    /// What is looked for at a commit: a file of ``read``, else one that whoever waits for a run has to be warned about.
    public static let sought = read + mistaken.keys.sorted() + foreign.keys.sorted()

    /// Names a pipeline file is given by mistake, with the one it should have.
    private static let mistaken = [
        ".slipway.yaml": ".slipway.yml", ".drone.yaml": ".drone.yml", "slipway.yml": ".slipway.yml",
        "drone.yml": ".drone.yml", "slipway.yaml": ".slipway.yml", "drone.yaml": ".drone.yml",
        "slipway.json": ".slipway.json", ".drone.json": ".slipway.json", ".Drone.yml": ".drone.yml",
    ]

    /// Files of other systems, and folders, whose names end with a slash; with whose they are.
    private static let foreign = [
        ".gitlab-ci.yml": "GitLab CI", ".woodpecker.yml": "Woodpecker", ".woodpecker.yaml": "Woodpecker",
        ".woodpecker/": "Woodpecker", ".github/workflows/": "GitHub Actions", ".circleci/config.yml": "CircleCI",
        ".travis.yml": "Travis CI",
        "bitbucket-pipelines.yml": "Bitbucket Pipelines",
        "azure-pipelines.yml": "Azure Pipelines", "Jenkinsfile": "Jenkins", ".drone.star": "Drone's Starlark",
        ".drone.jsonnet": "Drone's Jsonnet",
    ]

    /// What to do about a file that is not read, where a name of ``sought`` is such a one: a half sentence after the name.
    public static func advice(on name: String) -> String? {
        if let right = mistaken[name] { return "name it \(right)" }
        let kind = name.hasSuffix("/") ? "folder" : "file"
        return foreign[name].map { "it is a \(kind) of \($0) and is not read: write a .slipway.yml" }
    }
}

/// How a repository's pipeline file is called.
public enum PipelineFileNames {
    /// The names that are read; the first one there is wins.
    public static let read = [".slipway.yml", ".slipway.json", ".drone.yml"]

    /// Names a pipeline file is given by mistake, with the one it should have. Such a file is not read, but whoever waits
    /// for a run has to hear of it.
    public static let mistaken = [
        ".slipway.yaml": ".slipway.yml", ".drone.yaml": ".drone.yml", "slipway.yml": ".slipway.yml",
        "drone.yml": ".drone.yml", "slipway.yaml": ".slipway.yml", "drone.yaml": ".drone.yml",
        "slipway.json": ".slipway.json", ".drone.json": ".slipway.json",
    ]
}

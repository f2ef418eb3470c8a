extension CloudEvent {
    /// An image build waits for a builder.
    /// - Parameter build: one build of one step: ``taskRunID(job:attempt:step:)`` fits.
    public static func buildQueued(_ build: String, origin: EventOrigin) -> CloudEvent {
        CloudEvent(.buildQueued, origin, subject: build, content: [:])
    }

    /// An image build began.
    public static func buildStarted(_ build: String, origin: EventOrigin) -> CloudEvent {
        CloudEvent(.buildStarted, origin, subject: build, content: [:])
    }

    /// An image build made an artifact. CDEvents gives this event no outcome: a build that failed has none of these,
    /// its task run says so.
    public static func buildFinished(_ build: String, artifact: PackageURL, origin: EventOrigin) -> CloudEvent {
        CloudEvent(.buildFinished, origin, subject: build, content: ["artifactId": .string(artifact.text)])
    }

    /// An image was made of a commit.
    public static func artifactPackaged(
        _ artifact: PackageURL, commit: String, repository: RepositoryPath, origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .artifactPackaged, origin, subject: artifact.text,
            content: ["change": ["id": .string(commit), "source": .string(repository.rawValue)]])
    }

    /// An image is in the registry.
    /// - Parameter user: who it was pushed as.
    public static func artifactPublished(
        _ artifact: PackageURL, user: String? = nil, origin: EventOrigin
    ) -> CloudEvent {
        CloudEvent(
            .artifactPublished, origin, subject: artifact.text, content: ["user": user.map(JSONValue.string)])
    }
}

import Contracts
import Hummingbird

/// `/api/v1/repositories/{repository}/schedules`: when runs of a repository start by themselves.
struct ScheduleRoutes {
    let schedules: ScheduleOperations
    let runs: RunOperations

    func add(to group: some RouterMethods<SignedInContext>) {
        group.on(.get, .schedules) { _, context -> Response in
            try .json(Page(items: try await schedules.all(of: try context.repository(), as: context.principal)))
        }
        group.on(.get, .schedule) { _, context -> Response in
            try .json(
                try await schedules.view(
                    try context.part("name"), of: try context.repository(), as: context.principal))
        }
        group.on(.put, .schedule) { request, context -> Response in
            let (path, name) = (try context.repository(), try context.part("name"))
            let body = try await request.json(ScheduleRequest.self)
            let saved = try await schedules.save(body, as: name, of: path, by: context.principal)
            return try .json(saved.view, status: saved.isNew ? .created : .ok)
        }
        group.on(.delete, .schedule) { _, context -> Response in
            try await schedules.remove(
                try context.part("name"), of: try context.repository(), as: context.principal)
            return .noContent
        }
        group.on(.put, .pauseSchedule) { _, context -> Response in
            try await schedules.pause(
                try context.part("name"), of: try context.repository(), as: context.principal)
            return .noContent
        }
        group.on(.delete, .pauseSchedule) { _, context -> Response in
            try await schedules.resume(
                try context.part("name"), of: try context.repository(), as: context.principal)
            return .noContent
        }
        group.on(.post, .runSchedule) { _, context -> Response in
            let request = try await schedules.request(
                try context.part("name"), of: try context.repository(), as: context.principal)
            return try .json(try await runs.start(request, as: context.principal), status: .created)
        }
    }
}

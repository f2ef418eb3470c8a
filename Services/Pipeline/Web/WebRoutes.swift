import Hummingbird

/// The pages people see.
enum WebRoutes {
    static func register(on router: Router<APIContext>, platform: Platform) {}
}

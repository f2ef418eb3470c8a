import Testing

@testable import Builder

@Suite struct SourceCheckoutTests {
    @Test func submodulesBelongToTheRepositoryTheyLieIn() {
        #expect(SourceCheckout.byParent([]).isEmpty)
        #expect(
            SourceCheckout.byParent(["libs/a", "libs/ab", "libs/a/vendor/b", "libs/a/vendor/b/c", "d"]) == [
                "": ["libs/a", "libs/ab", "d"], "libs/a": ["vendor/b"], "libs/a/vendor/b": ["c"],
            ])
    }
}

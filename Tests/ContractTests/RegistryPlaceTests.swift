import Contracts
import Testing

@Suite struct RegistryPlaceTests {
    @Test(
        arguments: [
            ("harbor.example", "docker push harbor.example/shop/web:1"), ("harbor.example", "harbor.example"),
            ("harbor.example", "a\nharbor.example\nb"), ("harbor.example", "Pushed to harbor.example."),
            ("harbor.example", "docker login https://harbor.example -u x"), ("harbor.example", "\"harbor.example\""),
            ("harbor.example:5000", "harbor.example:5000/web"), ("harbor.example/shop", "harbor.example/shop/web"),
            ("harbor.example/shop", "harbor.example/shop:1"), ("harbor.example", "x.harbor.example/a harbor.example/b"),
        ])
    func whatNamesIt(place: String, text: String) {
        #expect(RegistryPlace(place).isNamed(in: text))
    }

    @Test(
        arguments: [
            ("harbor.example", "my-harbor.example/web"), ("harbor.example", "x.harbor.example/web"),
            ("harbor.example", "harbor.example.evil/web"), ("harbor.example", "harbor.example:5000/web"),
            ("harbor.example", "harbor.examples"), ("harbor.example/shop", "harbor.example/shopping"),
            ("harbor.example/shop", "harbor.example"), ("harbor.example", ""),
        ])
    func whatDoesNot(place: String, text: String) {
        #expect(!RegistryPlace(place).isNamed(in: text))
    }

    @Test func itIsWrittenAsItIsRead() {
        for text in ["harbor.example:5000", "harbor.example/shop", "harbor.example/a/b"] {
            #expect(RegistryPlace(text).description == text)
        }
        #expect(RegistryPlace("harbor.example/a/b").path == "a/b")
    }
}

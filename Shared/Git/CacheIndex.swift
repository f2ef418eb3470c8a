import Contracts
import FoundationEssentials

/// What an ``ObjectCache`` holds: the one file that says which of the others count. It is replaced in one step, so that a
/// kill at any moment leaves the old state or the new one.
struct CacheIndex: Codable, Equatable {
    struct Pack: Codable, Equatable {
        /// Such as `pack-546b499c758c8575ddd57520ec932355286c92e3`.
        var name: String
        var objects: FileStamp
        var index: FileStamp

        var size: Int64 { objects.size + index.size }

        /// Whether a file's name without its suffix is one that Git gives to packs.
        static func isName(_ text: Substring) -> Bool {
            text.hasPrefix("pack-") && GitRef.isCommit(String(text.dropFirst("pack-".count)))
        }
    }

    struct Tip: Codable, Equatable {
        /// Empty for a commit of none.
        var ref: String
        var commit: String
    }

    /// The form of this file.
    static let version = 1
    /// How many commits are named to the server as those that are here, in all and of one ref.
    static let tipLimit = 8
    static let tipLimitOfRef = 2
    /// How many commits may have no parents here. All are sent with every fetch, and a server takes requests of some size.
    static let shallowLimit = 8192

    var version = Self.version
    /// The cache's ``Checkout/cacheKey``: a folder alone says too little.
    var key: String
    /// The machine's boot in which all this was written. Nothing is forced to the disk, so what an earlier boot wrote may
    /// have holes where the power was cut.
    var boot: String
    var packs: [Pack]
    /// The commits last fetched, the newest last.
    var tips: [Tip]
    /// The commits whose parents are not here. Some may be of a history nobody asks for any more.
    var shallow: [String]
    /// How many bytes one fetch of everything brought.
    var baseSize: Int64

    var size: Int64 { packs.reduce(0) { $0 + $1.size } }

    /// Whether so much has come together that to fetch everything anew costs less in the long run: all of it is copied into
    /// every workspace.
    var isWorn: Bool { size > 2 * baseSize + (8 << 20) }

    /// Notes that a commit was fetched. Older ones of the same ref are most often in its history; the one before stays, since
    /// an old run may have been run again.
    mutating func add(_ tip: Tip) {
        tips.removeAll { $0.commit == tip.commit }
        while tips.count(where: { $0.ref == tip.ref }) >= Self.tipLimitOfRef,
            let oldest = tips.firstIndex(where: { $0.ref == tip.ref })
        {
            tips.remove(at: oldest)
        }
        tips = (tips + [tip]).suffix(Self.tipLimit)
    }

    /// Whether it can be what this builder wrote.
    var isSound: Bool {
        version == Self.version && boot == Self.currentBoot && !packs.isEmpty && !tips.isEmpty
            && packs.allSatisfy { Pack.isName($0.name[...]) }
            && (tips.map(\.commit) + shallow).allSatisfy(GitRef.isCommit)
    }

    /// Changes with every start of the machine; where there is none, with every start of this process.
    static let currentBoot: String = {
        do {
            let bytes = try Data(contentsOf: URL(filePath: "/proc/sys/kernel/random/boot_id"))
            return String(decoding: bytes, as: UTF8.self).filter { $0.isHexDigit || $0 == "-" }
        } catch {
            return UUID().uuidString
        }
    }()
}

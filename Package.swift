// swift-tools-version: 6.2
import PackageDescription

/// Warnings are errors where the project is checked (`make check`, CI), not on a user's machine, where
/// another compiler may warn of something new.
let warningsAreErrors = Context.environment["EXTBACKUP_STRICT"] == "1"

let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

func systemLibrary(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

let package = Package(
    name: "extbackup",
    products: [
        .executable(name: "extbackup", targets: ["extbackup"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C: what Swift cannot see, and one module per library.
        .target(name: "CLinux", cSettings: [.define("_GNU_SOURCE")]),
        .target(name: "CTOML"),
        systemLibrary("CCryptsetup", "libcryptsetup", "libcryptsetup-dev"),
        systemLibrary("CUdev", "libudev", "libudev-dev"),
        systemLibrary("CMount", "mount", "libmount-dev"),
        systemLibrary("CBlkid", "blkid", "libblkid-dev"),
        systemLibrary("CFdisk", "fdisk", "libfdisk-dev"),
        systemLibrary("CUSB", "libusb-1.0", "libusb-1.0-0-dev"),
        systemLibrary("CSystemd", "libsystemd", "libsystemd-dev"),
        systemLibrary("CCrypto", "libcrypto", "libssl-dev"),
        systemLibrary("CXXHash", "libxxhash", "libxxhash-dev"),

        // The program. Arrows only downwards; the four siblings never import each other.
        library("LinuxSystem", ["CLinux", systemPackage]),
        library(
            "Drives",
            [
                "LinuxSystem", "CCryptsetup", "CUdev", "CMount", "CBlkid", "CFdisk", "CCrypto", "CSystemd",
                systemPackage,
            ]
        ),
        library(
            "Copying",
            [
                "LinuxSystem", "CXXHash", systemPackage,
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]
        ),
        library("Indicators", ["LinuxSystem", "CUSB", systemPackage]),
        library(
            "Reporting",
            [
                "LinuxSystem", "CSystemd", systemPackage, logging,
                .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        library(
            "ExtBackupKit",
            ["Drives", "Copying", "Indicators", "Reporting", "LinuxSystem", "CTOML", systemPackage, logging]
        ),
        .executableTarget(
            name: "extbackup",
            dependencies: [
                "ExtBackupKit", "Drives", "Copying", "Indicators", "Reporting", "LinuxSystem", logging,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swiftSettings
        ),

        // What writes the manual page, of what the program says of itself.
        .executableTarget(
            name: "extbackup-manual",
            dependencies: ["LinuxSystem"],
            path: "tools/manual",
            swiftSettings: swiftSettings
        ),

        // Unit and engine tests: they run on any host.
        .target(
            name: "Fuzzing",
            dependencies: ["LinuxSystem", systemPackage],
            path: "Tests/Fuzzing",
            swiftSettings: swiftSettings
        ),
        tests("LinuxSystemTests", ["LinuxSystem", systemPackage]),
        tests("DrivesTests", ["Drives", "Fuzzing", "LinuxSystem", systemPackage]),
        tests("CopyingTests", ["Copying", "Fuzzing", "LinuxSystem", "copy-probe", systemPackage]),
        tests(
            "IndicatorsTests",
            ["Indicators", "LinuxSystem", "blinkstick-testbed", "light-probe", systemPackage]
        ),
        tests("ReportingTests", ["Reporting", "Fuzzing", "LinuxSystem", systemPackage, logging]),
        tests(
            "ExtBackupKitTests",
            [
                "ExtBackupKit", "Drives", "Copying", "Indicators", "Reporting", "Fuzzing", "LinuxSystem",
                systemPackage, logging,
            ]
        ),
        tests("CommandTests", ["extbackup", "extbackup-manual", "LinuxSystem", systemPackage]),

        // The lab: a virtual NAS with a USB drive and an emulated BlinkStick.
        .target(name: "CBlinkStickEmulator", path: "Tests/CBlinkStickEmulator"),
        .executableTarget(
            name: "blinkstick-vhci",
            dependencies: ["CBlinkStickEmulator"],
            path: "Tests/blinkstick-vhci",
            // It runs in the guest, where there is no Swift runtime.
            linkerSettings: [.unsafeFlags(["-static-stdlib", "-nostartfiles"])]
        ),
        .systemLibrary(
            name: "CUMockdev",
            path: "Tests/CUMockdev",
            pkgConfig: "umockdev-1.0",
            providers: [.apt(["libumockdev-dev"])]
        ),
        .executableTarget(
            name: "blinkstick-testbed",
            dependencies: ["CBlinkStickEmulator", "CUMockdev"],
            path: "Tests/blinkstick-testbed"
        ),
        .executableTarget(
            name: "light-probe",
            dependencies: ["Indicators", "LinuxSystem"],
            path: "Tests/light-probe",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "copy-probe",
            dependencies: ["Copying", "LinuxSystem"],
            path: "Tests/copy-probe",
            swiftSettings: swiftSettings
        ),
        .target(
            name: "Lab",
            dependencies: ["LinuxSystem", "blinkstick-vhci", systemPackage],
            path: "Tests/Lab",
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "extbackup-demo",
            dependencies: ["Lab", "LinuxSystem"],
            path: "Tests/LabDemo",
            swiftSettings: swiftSettings
        ),
        tests("LabTests", ["Lab"]),

        // The benchmark, and the C program of bare system calls that it measures beside the copier.
        .executableTarget(
            name: "extbackup-floor",
            path: "Tests/CFloor",
            cSettings: [.define("_GNU_SOURCE")]
        ),
        .executableTarget(
            name: "extbackup-bench",
            dependencies: ["LinuxSystem", systemPackage],
            path: "Tests/Bench",
            swiftSettings: swiftSettings
        ),
    ],
    cxxLanguageStandard: .cxx17
)

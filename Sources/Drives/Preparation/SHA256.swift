internal import CCrypto
internal import LinuxSystem
internal import SystemPackage

/// SHA-256 (FIPS 180-4) of a file, with OpenSSL.
enum SHA256 {
    /// Reads the file from its present position to its end.
    ///
    /// - Returns: 64 hexadecimal digits in lower case.
    static func hexDigest(ofRestOf file: borrowing Descriptor) throws(SystemError) -> String {
        guard let context = EVP_MD_CTX_new() else { throw failure("EVP_MD_CTX_new") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else { throw failure("EVP_DigestInit_ex") }
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)
        defer { chunk.deallocate() }
        while true {
            let count = try file.read(into: chunk)
            if count == 0 { break }
            guard EVP_DigestUpdate(context, chunk.baseAddress, count) == 1 else {
                throw failure("EVP_DigestUpdate")
            }
        }
        var digest = [UInt8](repeating: 0, count: 32)
        guard EVP_DigestFinal_ex(context, &digest, nil) == 1 else { throw failure("EVP_DigestFinal_ex") }
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func failure(_ call: String) -> SystemError {
        SystemError(call: call, errno: .noMemory)
    }
}

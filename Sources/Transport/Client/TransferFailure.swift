internal import CCurl
internal import Glibc

/// Why a transfer did not run to the end of its response.
public struct TransferFailure: Error, Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case resolve
        case connect
        case tls
        case reset  // the connection died
        case truncated  // it ended before the body did
        case `protocol`  // what came was not HTTP
        case clientResource  // this machine ran out of descriptors, ports or memory
        case cancelled
    }
    public var kind: Kind
    /// The finer class, one word: `connect_refused`, `stale_connection`, `tls_verify` ...
    public var detail: String
    /// libcurl's or the system's own words.
    public var text: String

    public init(kind: Kind, detail: String, text: String) {
        self.kind = kind
        self.detail = detail
        self.text = text
    }
}

extension TransferFailure {
    /// Errors that say this machine is out of something, whatever call they came from.
    static func isLocal(_ code: Int32) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL].contains(code)
    }

    /// How far the exchange had come.
    struct Progress: Sendable, Hashable {
        /// libcurl tried to send the request a second time on a fresh connection.
        var isRetried = false
        /// The request went out, or began to.
        var isWritten = false
        /// Some line of the response had come.
        var isAnswered = false
        /// What was wrong with the response's head.
        var flaw: ResponseHead.Flaw?
    }

    /// - Parameter systemError: errno of the failed system call, 0 if none.
    init(code: CURLcode, systemError: Int32, progress: Progress, text: String) {
        let words =
            !text.isEmpty
            ? text : systemError != 0 ? String(cString: strerror(systemError)) : "libcurl error \(code.rawValue)"
        func failure(_ kind: Kind, _ detail: String, _ text: String? = nil) -> TransferFailure {
            TransferFailure(kind: kind, detail: detail, text: text ?? words)
        }
        if progress.isRetried {
            self = failure(
                .reset,
                "stale_connection",
                "the server closed a kept-alive connection as the request was sent; not sent again"
            )
            return
        }
        switch progress.flaw {
        case .tooLong:
            self = failure(.protocol, "protocol_limit", "more than \(ResponseHead.limit >> 10) KiB of response headers")
            return
        case .contentLengths:
            self = failure(.protocol, "content_length", "the response has several Content-Length values that differ")
            return
        case nil: break
        }
        if Self.isLocal(systemError) {
            switch systemError {
            case EADDRNOTAVAIL: self = failure(.clientResource, "no_ports")
            case ENOMEM, ENOBUFS: self = failure(.clientResource, "no_memory")
            default: self = failure(.clientResource, "no_descriptors")
            }
            return
        }
        let reset = progress.isAnswered ? "reset_midstream" : "reset_preheader"
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY:
            self = failure(.resolve, "dns")
        case CURLE_COULDNT_CONNECT, CURLE_OPERATION_TIMEDOUT, CURLE_INTERFACE_FAILED:
            switch systemError {
            case ECONNREFUSED: self = failure(.connect, "connect_refused")
            case ENETUNREACH, EHOSTUNREACH: self = failure(.connect, "connect_unreachable")
            case ETIMEDOUT: self = failure(.connect, "connect_timeout")
            default: self = failure(.connect, "connect")
            }
        case CURLE_PEER_FAILED_VERIFICATION:
            self = failure(.tls, "tls_verify")
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_ENGINE_NOTFOUND, CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_USE_SSL_FAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_SSL_CACERT_BADFILE,
            CURLE_SSL_SHUTDOWN_FAILED, CURLE_SSL_CRL_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS:
            self = failure(.tls, "tls_handshake")
        case CURLE_GOT_NOTHING:
            self = failure(.reset, "reset_preheader")
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR:
            self = words.contains("chunk") ? failure(.protocol, "protocol_chunk") : failure(.reset, reset)
        case CURLE_HTTP2_STREAM:  // RST_STREAM
            self = failure(.reset, reset)
        case CURLE_PARTIAL_FILE:
            self = failure(.truncated, "truncated_body")
        case CURLE_OUT_OF_MEMORY:
            // libcurl says so, too, when a line of the response exceeds its own limit. Memory itself does not run out here:
            // Linux grants more than there is.
            self =
                progress.isWritten
                ? failure(.protocol, "protocol_limit", "a line of the response is longer than libcurl takes (100 KB)")
                : failure(.clientResource, "no_memory")
        case CURLE_BAD_CONTENT_ENCODING:
            self = failure(.protocol, "unsupported_encoding")
        case CURLE_FILESIZE_EXCEEDED, CURLE_WRITE_ERROR:
            self = failure(.protocol, "protocol_limit")
        case CURLE_UNSUPPORTED_PROTOCOL:  // "Received HTTP/0.9 when not allowed"
            self = failure(.protocol, "not_http")
        case CURLE_WEIRD_SERVER_REPLY:
            self = failure(.protocol, "malformed_head")
        case CURLE_HTTP2:
            self = failure(.protocol, "http2_framing")
        default:
            self = failure(.protocol, "libcurl_\(code.rawValue)")
        }
    }
}

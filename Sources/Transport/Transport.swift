/// One event loop, its timers, and many concurrent HTTP transfers; a small loopback HTTP server.
///
/// libuv watches the sockets, those of a client as one set; libcurl's multi interface speaks HTTP
/// (`curl_multi_socket_action` only). Because libcurl 7.88 is quadratic in connections per multi handle, an `HTTPClient`
/// spreads them over many small ones (`ConnectionShard`) and routes each request to a shard with an idle connection itself.
///
///     kernel ─► EventLoop (uv_run) ─► SocketSet ─► SocketWatch ─► ConnectionShard (curl_multi_socket_action)
///                                                        └─► Transfer ─► TransferHandler: bytes and their ReceiveStamp
///
/// Everything here belongs to the thread that runs its loop; nothing is Sendable but `EventLoop.Waker`.
/// Callbacks from libcurl and libuv note what happened; decisions are taken once per turn of the loop.

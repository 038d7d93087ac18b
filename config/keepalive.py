"""How soon the kernel notices that the other end of a connection to Redis is gone: its own default is two hours."""

import socket

_AFTER_14_S = {"TCP_KEEPIDLE": 5, "TCP_KEEPINTVL": 3, "TCP_KEEPCNT": 3}
#: As `socket_keepalive_options` takes it; where a system has no such option (macOS), its default stays.
KEEPALIVE: dict[int, int] = {
    getattr(socket, name): value for name, value in _AFTER_14_S.items() if hasattr(socket, name)
}

"""What a port speaks: asked only where OCRFLEET_REDIS_URL may say the other thing."""

import socket
import ssl

#: For a connection, and for each answer.
TIMEOUT_S = 2.0


def speaks_plain(host: str, port: int) -> bool:
    """Tell whether a plain Redis listens. It waits in silence for the rest of what it takes a TLS greeting for."""
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(1) in {b"+", b"-"}
    except OSError:
        return False


def speaks_tls(host: str, port: int) -> bool:
    """Tell whether TLS is spoken. Nothing is said to the other end, so nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((host, port), TIMEOUT_S) as connection, context.wrap_socket(connection):
            return True
    except OSError:
        return False

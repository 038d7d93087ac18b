"""A network that can be cut: a TCP proxy on loopback between one worker and Redis."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator

BLOCK_BYTES = 1 << 16


class Proxy:
    """Forwards to a port of this machine. Cut, it is silent, as a network is: nothing goes through, nothing closes."""

    def __init__(self, target_port: int) -> None:
        self.port = 0
        self._target_port = target_port
        self._open = asyncio.Event()
        self._stopped = asyncio.Event()
        self._streams: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Let nothing through."""
        self._loop.call_soon_threadsafe(self._open.clear)

    def heal(self, *, reset: bool) -> None:
        """Let everything through again; `reset`: but for the connections that there are, which break."""
        if reset:
            self._loop.call_soon_threadsafe(self._reset)
        self._loop.call_soon_threadsafe(self._open.set)

    def forget(self) -> None:
        """Carry nothing more on the connections that there are, and close none: a firewall that dropped its state."""
        self._loop.call_soon_threadsafe(self._forget)

    def run(self, ready: threading.Event) -> None:
        """Serve until `stop`."""
        asyncio.run(self._serve(ready))

    def stop(self) -> None:
        """End, and with it every connection."""
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _serve(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        ready.set()
        await self._stopped.wait()
        server.close()
        self._reset()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._open.wait()
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:  # Redis is down
            writer.transport.abort()
            return
        both = {writer, there[1]}
        self._streams |= both
        await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
        self._streams -= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while block := await reader.read(BLOCK_BYTES):
                if writer in self._forgotten:
                    continue
                await self._open.wait()
                writer.write(block)
                await writer.drain()
        writer.close()

    def _forget(self) -> None:
        self._forgotten |= self._streams

    def _reset(self) -> None:
        for stream in self._streams:
            stream.transport.abort()


@contextlib.contextmanager
def proxy(target_port: int) -> Iterator[Proxy]:
    """Run a proxy in a thread until the context ends."""
    made, ready = Proxy(target_port), threading.Event()
    thread = threading.Thread(target=made.run, args=(ready,), name="proxy", daemon=True)
    thread.start()
    ready.wait()
    try:
        yield made
    finally:
        made.stop()
        thread.join()

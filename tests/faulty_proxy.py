"""Between a client and an S3 server: now and then a request fails in one of the ways in which networks and servers fail."""

from __future__ import annotations

import http.client
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("unavailable", "lost_answer", "silence", "truncated", "dropped")
"""503 before anything happened; 500 after it happened; no answer at all, after it happened; a body that breaks off;
a connection that closes before anything happened."""

SKIPPED = {"connection", "expect", "transfer-encoding", "keep-alive"}


class FaultyProxy:
    def __init__(self, target: str, choose: Callable[[int, str, dict[str, str]], str]):
        """`choose(number of the request, method, headers)` names a fault, or "" for none."""
        self.target, self.choose = urlsplit(target), choose
        self.count = 0
        self.done: Counter[str] = Counter()
        self.lock = threading.Lock()
        self.stop = threading.Event()

    def fault(self, method: str, headers: dict[str, str]) -> str:
        with self.lock:
            self.count += 1
            fault = self.choose(self.count, method, headers)
            self.done[fault] += bool(fault)
            return fault


@contextmanager
def running(proxy: FaultyProxy) -> Iterator[str]:
    """The address of the proxy."""

    class Handler(_Handler):
        owner = proxy

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        proxy.stop.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: FaultyProxy

    def log_message(self, *_: object) -> None:
        pass

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.owner.fault(self.command, {name.lower(): value for name, value in self.headers.items()})
        if fault == "dropped":
            self._hang_up()
            return
        if fault == "unavailable":
            self._error(503, "SlowDown")
            return
        status, headers, answer = self._forward(body)
        if fault == "lost_answer":
            self._error(500, "InternalError")
        elif fault == "silence":
            self.owner.stop.wait(30)  # longer than the client is told to wait
            self._hang_up()
        else:
            self._answer(status, headers, answer, len(answer) // 2 if fault == "truncated" else len(answer))

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _serve

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        target = self.owner.target
        connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in SKIPPED}
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            return response.status, response.getheaders(), response.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, num_bytes: int) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in SKIPPED and not (name.lower() == "content-length" and self.command != "HEAD"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[:num_bytes])
        if num_bytes < len(body):
            self._hang_up()

    def _error(self, status: int, code: str) -> None:
        body = b"" if self.command == "HEAD" else f"<Error><Code>{code}</Code><Message>injected</Message></Error>".encode()
        self.send_response_only(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        try:
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

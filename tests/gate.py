"""A gate before a simulated Amazon: it denies some paths, as to an app without a role."""

import http.client
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

MARKETPLACES = "/sellers/v1/marketplaceParticipations"
DATASETS = ("/finances", "/fba/inventory", "/orders")
DENIED = json.dumps(
    {"errors": [{"code": "Unauthorized", "message": "Access to requested resource is denied."}]}
).encode()


@contextmanager
def gate_before(url, *denied):
    """Open a gate that answers 403 under the paths of `denied`; gives its address."""
    behind = urlsplit(url).netloc

    class Gate(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path.startswith(denied):
                self._answer(403, {"Content-Type": "application/json"}, DENIED)
            else:
                self._forward()

        def do_POST(self):
            self._forward()

        def _forward(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            there = http.client.HTTPConnection(behind, timeout=30)
            try:
                headers = {k: v for k, v in self.headers.items() if k.lower() != "accept-encoding"}
                there.request(self.command, self.path, body, headers)
                answer = there.getresponse()
                self._answer(answer.status, dict(answer.getheaders()), answer.read())
            finally:
                there.close()

        def _answer(self, status, headers, body):
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Gate)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

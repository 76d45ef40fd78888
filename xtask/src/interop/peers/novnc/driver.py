"""driver.py NOVNC PAGE: serves a page with noVNC to a browser and passes lines on to it (see puppet.rs).

The first line written is the port. The page asks for commands with GET /next and answers with POST /answer; a picture it
posts to /picture goes to the file that the command named.
"""
import http.server
import pathlib
import queue
import sys
import threading

novnc, page = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
commands = queue.Queue()
picture = None
types = {".js": "text/javascript", ".html": "text/html"}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, body, kind="text/plain"):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.split("?")[0]
        if path == "/next":
            try:
                self.reply(commands.get(timeout=20).encode())
            except queue.Empty:
                self.reply(b"")
        elif path == "/":
            self.reply(page.read_bytes(), "text/html")
        else:
            file = (novnc / path.lstrip("/")).resolve()
            if not (file.is_relative_to(novnc.resolve()) and file.is_file()):
                return self.send_error(404)
            self.reply(file.read_bytes(), types.get(file.suffix, "application/octet-stream"))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/picture":
            pathlib.Path(picture).write_bytes(body)
        else:
            print(body.decode(), flush=True)
        self.reply(b"")

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for line in sys.stdin:
    line = line.rstrip("\n")
    if line.startswith("dump "):
        picture = line[5:]
    if line == "quit":
        print("ok", flush=True)
        break
    commands.put(line)

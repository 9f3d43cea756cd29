# SPDX-License-Identifier: MIT
packages='python3 curl'
start='/usr/local/sbin/python-http --port 8086'
user=root
configure() {
    mkdir -p /usr/local/lib/python-http /var/lib/python-http
    cat > /usr/local/lib/python-http/store.py <<'EOF'
import sqlite3
import tempfile
import shutil


class Store:
    def __init__(self, path):
        self.base = sqlite3.connect(path, check_same_thread=False)
        self.base.execute("create table if not exists seen (path, at)")

    def add(self, path, at):
        with self.base:
            self.base.execute("insert into seen values (?, ?)", (path, at))

    def dump(self, to):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.writelines(self.base.iterdump())
        shutil.copy(file.name, to)
EOF
    cat > /usr/local/sbin/python-http <<'EOF'
#!/usr/bin/python3
import argparse
import hashlib
import http.server
import logging
import logging.handlers
import os
import resource
import signal
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, "/usr/local/lib/python-http")
from store import Store

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=80)
options = parser.parse_args()
log = logging.getLogger()
log.addHandler(logging.handlers.SysLogHandler("/dev/log"))
store = Store("/var/lib/python-http/seen.db")
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
os.umask(0o027)
os.nice(5)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        store.add(self.path, time.time())
        out = subprocess.run("id; date", shell=True, capture_output=True).stdout
        body = hashlib.sha256(out + os.urandom(8)).hexdigest().encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)
        log.warning("answered %s", self.path)


def dump(*_):
    store.dump("/var/lib/python-http/dump.sql")


signal.signal(signal.SIGHUP, dump)
server = http.server.ThreadingHTTPServer(("", options.port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
urllib.request.urlopen("http://localhost:%d/first" % options.port).read()
while True:
    signal.pause()
EOF
    chmod 755 /usr/local/sbin/python-http
}
requests() {
    try curl -sf http://127.0.0.1:8086/page
    curl -s http://127.0.0.1:8086/other
}
reload() { signal HUP; }

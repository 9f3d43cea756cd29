# meter (ours, shell and Python): a dynamic user, shell scripts before the start and for the reload, a state folder
unit=meter.service
packages="python3"

configure() {
    put /etc/meter.conf <<< 'INTERVAL=1'
    put /etc/systemd/system/meter.service << 'X'
[Unit]
Description=Counts what the machine does

[Service]
Type=simple
DynamicUser=yes
StateDirectory=meter
RuntimeDirectory=meter
LogsDirectory=meter
EnvironmentFile=/etc/meter.conf
ExecStartPre=+/usr/local/lib/rig/meter-prepare
ExecStartPre=/bin/sh -c 'test -w "$STATE_DIRECTORY" && echo "prepared by $(id -u)" > "$RUNTIME_DIRECTORY/prepared"'
ExecStart=/usr/bin/python3 /usr/local/lib/rig/meter.py
ExecReload=/usr/local/lib/rig/meter-reload $MAINPID
ExecStopPost=-/bin/rm -f /run/meter/socket
Restart=on-failure

[Install]
WantedBy=multi-user.target
X
    systemctl enable meter.service > /dev/null 2>&1
    put /usr/local/lib/rig/meter-prepare << 'X'
#!/bin/sh
set -e
echo 3000 > /proc/sys/net/core/somaxconn
install -m 644 /dev/null /run/meter-prepared
X
    put /usr/local/lib/rig/meter-reload << 'X'
#!/bin/sh
set -e
mv "$LOGS_DIRECTORY/meter.log" "$LOGS_DIRECTORY/meter.log.1"
kill -HUP "$1"
X
    chmod 755 /usr/local/lib/rig/meter-prepare /usr/local/lib/rig/meter-reload
    put /usr/local/lib/rig/meter.py << 'X'
"""Writes a line of figures every interval; tells them to who asks on a socket."""
import ctypes
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

STATE, RUN, LOGS = (os.environ[name + "_DIRECTORY"] for name in ("STATE", "RUNTIME", "LOGS"))
log = None


def open_log(*_):
    global log
    log = open(LOGS + "/meter.log", "a", buffering=1)


def figures():
    with open("/proc/stat") as file:
        ticks = sum(map(int, file.readline().split()[1:]))
    with tempfile.NamedTemporaryFile("w+") as file:
        subprocess.run(["df", "/"], stdout=file, check=True)
        file.seek(0)
        used = int(file.readlines()[-1].split()[2])
    return ticks, used, ctypes.CDLL(None).getpid()


def answer(server):
    while True:
        client, _ = server.accept()
        with client, sqlite3.connect(STATE + "/meter.db") as base:
            client.send(("%d lines\n" % base.execute("select count(*) from meter").fetchone()[0]).encode())


open_log()
signal.signal(signal.SIGHUP, open_log)
base = sqlite3.connect(STATE + "/meter.db")
base.execute("create table if not exists meter (ticks, used, process)")
server = socket.socket(socket.AF_UNIX)
server.bind(RUN + "/socket")
os.chmod(RUN + "/socket", 0o666)
server.listen()
threading.Thread(target=answer, args=(server,), daemon=True).start()
while True:
    with base:
        base.execute("insert into meter values (?, ?, ?)", figures())
    print(time.time(), "figures", file=log)
    time.sleep(float(os.environ["INTERVAL"]))
X
}

lines() {
    python3 -c 'import socket; s = socket.socket(socket.AF_UNIX); s.connect("/run/meter/socket"); print(s.recv(99).decode())'
}

probe() {
    local before
    eventually 30 lines || fail "no answer: $(lines 2>&1 | tail -n 1)"
    before=$(lines | cut -d ' ' -f 1)
    sleep 4
    [ "$(lines | cut -d ' ' -f 1)" -gt "$before" ] || fail "it counts no more"
    grep -q 'prepared by' /run/meter/prepared || fail "script of its user before the start"
    [ -e /run/meter-prepared ] || fail "script of root before the start"
    grep -qx 3000 /proc/sys/net/core/somaxconn || fail "kernel's setting is not made"
    [ -s /var/log/meter/meter.log ] || fail "log"
}

after_reload() {
    eventually 10 test -s /var/log/meter/meter.log.1 || fail "script of the reload did not run"
    eventually 10 test -s /var/log/meter/meter.log || fail "log is not reopened"
}

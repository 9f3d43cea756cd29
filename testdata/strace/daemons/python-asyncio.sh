# SPDX-License-Identifier: MIT
packages='python3 netcat-openbsd procps'
start='/usr/bin/python3 /usr/local/lib/python-asyncio/serve.py'
user=root
configure() {
    mkdir -p /usr/local/lib/python-asyncio /var/lib/python-asyncio
    echo '{"port": 8085, "user": "daemon"}' > /etc/python-asyncio.json
    cat > /usr/local/lib/python-asyncio/serve.py <<'EOF'
"""Serves what a helper says over TCP and a local socket; keeps it in a file."""
import asyncio
import json
import logging
import mmap
import os
import pwd
import shutil
import signal
import socket

STATE = "/var/lib/python-asyncio/history.json"
log = logging.getLogger("serve")


def drop_privileges(name):
    user = pwd.getpwnam(name)
    for folder in (os.path.dirname(STATE), "/run/python-asyncio"):
        os.makedirs(folder, exist_ok=True)
        os.chown(folder, user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def store(history):
    with open(STATE + ".new", "w") as file:
        json.dump(history, file)
        os.fsync(file.fileno())
    os.replace(STATE + ".new", STATE)
    log.warning("stored %d on %s", len(history), socket.gethostname())


async def sample(scratch):
    child = await asyncio.create_subprocess_exec("/usr/bin/uptime", stdout=asyncio.subprocess.PIPE)
    text, _ = await child.communicate()
    scratch[: len(text)] = text
    return {"text": text.decode().strip(), "names": sorted(os.listdir("/sys/class/net")), "free": shutil.disk_usage("/").free,
            "memory": open("/proc/meminfo").readline().split()[1], "processors": len(os.sched_getaffinity(0))}


async def main():
    with open("/etc/python-asyncio.json") as file:
        config = json.load(file)
    history, scratch = [], mmap.mmap(-1, 65536)

    async def serve(reader, writer):
        await reader.readuntil(b"\n")
        history.append(await sample(scratch))
        await asyncio.to_thread(store, history)
        writer.write(json.dumps(history[-1]).encode() + b"\n")
        await writer.drain()
        writer.close()

    await asyncio.start_server(serve, "127.0.0.1", config["port"])
    drop_privileges(config["user"])
    await asyncio.start_unix_server(serve, "/run/python-asyncio/socket")
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: log.warning("asked to reload"))
    reader, writer = await asyncio.open_connection("localhost", config["port"])
    writer.close()
    while True:
        await asyncio.sleep(1)


asyncio.run(main())
EOF
}
requests() {
    try sh -c 'echo | nc -q 3 127.0.0.1 8085'
    echo | nc -q 3 -U /run/python-asyncio/socket
}
reload() { signal HUP; }

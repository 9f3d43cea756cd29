# SPDX-License-Identifier: MIT
packages=uuid-runtime
start='/usr/sbin/uuidd --no-fork --no-pid'
user=uuidd
before() { mkdir -p /run/uuidd && chown uuidd: /run/uuidd; }
requests() {
    try uuidd --time
    uuidd --random --uuids 3
    uuidgen --time
}
reload() { :; }

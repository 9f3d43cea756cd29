# SPDX-License-Identifier: MIT
packages='rpcbind'
start='/usr/sbin/rpcbind -f -w'
before() { mkdir -p /run/rpcbind && chown _rpc: /run/rpcbind; }
requests() {
    try rpcinfo -p 127.0.0.1
    rpcinfo
}
reload() { :; }

# SPDX-License-Identifier: MIT
packages=memcached
start='/usr/bin/memcached -m 64 -p 11211 -l 127.0.0.1'
user=memcache
requests() {
    try sh -c 'printf "set key 0 0 5\r\nvalue\r\nget key\r\nstats\r\nquit\r\n" | nc -N 127.0.0.1 11211'
}
reload() { :; }

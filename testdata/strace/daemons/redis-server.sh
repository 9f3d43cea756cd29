# SPDX-License-Identifier: MIT
packages='redis-server redis-tools'
start='/usr/bin/redis-server /etc/redis/redis.conf --supervised systemd --daemonize no'
user=redis
before() { mkdir -p /run/redis && chown redis: /run/redis; }
requests() {
    try redis-cli ping
    redis-cli set key value
    redis-cli config set appendonly yes
    redis-cli eval 'return redis.call("get", "key")' 0
    redis-cli save
    sleep 1
    redis-cli bgsave
    redis-cli info > /dev/null
    sleep 2
}
reload() { :; }

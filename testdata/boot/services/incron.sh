# incron: a command of root and one of a user (sudo) when a file is written; a user's own table
unit=incron.service
packages="incron sudo"

configure() {
    mkdir -p /srv/incron
    chmod 777 /srv/incron
    put /etc/incron.d/rig <<< '/srv/incron IN_CLOSE_WRITE /usr/local/lib/rig/written $#'
    put /usr/local/lib/rig/written << 'X'
#!/bin/sh
echo "$(id -un) $1 $(sudo -n id -un)" >> /home/tester/written
chmod 666 /home/tester/written
X
    chmod 755 /usr/local/lib/rig/written
    put /etc/incron.allow <<< tester
    mkdir -p /home/tester/drop
    chown tester: /home/tester/drop
    systemctl enable incron > /dev/null 2>&1
}

probe() {
    echo x > /srv/incron/one
    eventually 20 grep -qs 'root one root' /home/tester/written || fail "command of root"
    echo '/home/tester/drop IN_CLOSE_WRITE /usr/local/lib/rig/written $#' > /run/rig/incrontab
    runuser -u tester -- incrontab /run/rig/incrontab > /dev/null ||
        fail "user's table is not taken"
    sleep 2
    echo x > /home/tester/drop/two
    eventually 20 grep -qs 'tester two root' /home/tester/written || fail "command of a user"
}

# collectd: figures of the machine written to files, its socket, a program as another user, a log that it follows, the network
unit=collectd.service
packages="collectd-core socat"

configure() {
    put /etc/collectd/collectd.conf << 'X'
Interval 2
LoadPlugin syslog
LoadPlugin cpu
LoadPlugin df
LoadPlugin interface
LoadPlugin memory
LoadPlugin processes
LoadPlugin exec
LoadPlugin tail
LoadPlugin network
LoadPlugin unixsock
LoadPlugin csv
<Plugin csv>
    DataDir "/var/lib/collectd/csv"
</Plugin>
<Plugin unixsock>
    SocketFile "/run/collectd-rig"
    SocketGroup "tester"
    SocketPerms "0660"
</Plugin>
<Plugin exec>
    Exec "tester" "/usr/local/lib/rig/figure"
</Plugin>
<Plugin network>
    Listen "127.0.0.1"
    Server "127.0.0.1"
    Forward true
</Plugin>
<Plugin tail>
    <File "/var/log/figures">
        Instance "rig"
        <Match>
            Regex "figure"
            DSType "CounterInc"
            Type "counter"
            Instance "figures"
        </Match>
    </File>
</Plugin>
X
    put /usr/local/lib/rig/figure << 'X'
#!/bin/sh
while :; do
    echo "PUTVAL bootrig/exec-$(id -un)/gauge-rig interval=2 N:42"
    sleep 2
done
X
    chmod 755 /usr/local/lib/rig/figure
    touch /var/log/figures
    systemctl enable collectd > /dev/null 2>&1
}

# written PATTERN: a file of the folder of figures whose name has PATTERN.
written() {
    ls /var/lib/collectd/csv/*/*/* | grep -q "$1"
}

probe() {
    local plugin
    for plugin in cpu-0/ df-root/ interface-net0/ memory/ processes/; do
        eventually 30 written "$plugin" || fail "no figures of ${plugin%/}"
    done
    eventually 20 written exec-tester/gauge-rig || fail "program as another user"
    echo 'a figure' >> /var/log/figures
    eventually 20 written tail-rig/counter-figures || fail "log that it follows"
    [ -S /run/collectd-rig ] || fail "no socket"
    echo LISTVAL | timeout 10 runuser -u tester -- socat -t 5 - UNIX-CONNECT:/run/collectd-rig | grep -q memory || fail "socket"
}

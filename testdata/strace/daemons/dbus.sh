# SPDX-License-Identifier: MIT
packages='dbus polkitd'
start='/usr/bin/dbus-daemon --system --address=unix:path=/run/dbus/system_bus_socket --nofork --nopidfile --syslog-only'
before() { mkdir -p /run/dbus; }
requests() {
    local call='dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus'
    try $call.ListNames
    setpriv --reuid=nobody --clear-groups $call.GetId
    # Started through the set-user-ID helper.
    $call.StartServiceByName string:org.freedesktop.PolicyKit1 uint32:0 || true
    $call.ReloadConfig
}

# SPDX-License-Identifier: MIT
packages='avahi-daemon avahi-utils dbus'
start='/usr/sbin/avahi-daemon -s'
before() { bus; }
requests() {
    try avahi-resolve -n recorder.local
    timeout 5 avahi-publish -s printer _ipp._tcp 631 &
    timeout 5 avahi-browse -art || true
}

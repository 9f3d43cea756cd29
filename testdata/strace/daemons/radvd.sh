# SPDX-License-Identifier: MIT
packages=radvd
start='/usr/sbin/radvd --logmethod stderr_clean --nodaemon'
configure() { printf 'interface net0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; prefix 2001:db8::/64 { }; };\n' > /etc/radvd.conf; }
requests() { sleep 5; }

# SPDX-License-Identifier: MIT
packages=irqbalance
start='/usr/sbin/irqbalance --foreground'
requests() { sleep 12; }

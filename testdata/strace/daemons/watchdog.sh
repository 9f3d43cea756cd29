# SPDX-License-Identifier: MIT
packages=watchdog
start='/usr/sbin/watchdog -F'
requests() { sleep 5; }
reload() { :; }

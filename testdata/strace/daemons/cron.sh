# SPDX-License-Identifier: MIT
packages=cron
start='/usr/sbin/cron -f'
configure() {
    useradd -m tester || true
    echo '* * * * * root echo a job of root > /var/cron.root' > /etc/cron.d/recorder
    echo '* * * * * echo a job of tester > /home/tester/cron.tester' | crontab -u tester -
}
requests() {
    try test -s /var/cron.root
    try test -s /home/tester/cron.tester
}
reload() { touch /etc/cron.d/recorder; }

# SPDX-License-Identifier: MIT
packages=ngircd
start='/usr/sbin/ngircd --nodaemon'
before() { mkdir -p /run/ngircd && chown irc: /run/ngircd; }
requests() {
    try nc -z 127.0.0.1 6667
    printf 'NICK tester\r\nUSER tester 0 * :tester\r\nJOIN #room\r\nPRIVMSG #room :hello\r\nQUIT\r\n' | nc -w 5 127.0.0.1 6667
}

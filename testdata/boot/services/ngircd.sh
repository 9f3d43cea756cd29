# ngircd: two users talk in a channel
unit=ngircd.service
packages="ngircd python3"

configure() {
    :
}

probe() {
    timeout 60 python3 - << 'X' 2>&1 || fail "talk"
import socket

def user(name):
    line = socket.create_connection(("127.0.0.1", 6667), 30).makefile("rw", newline="\r\n")
    say(line, "NICK " + name, "USER %s 0 * :%s" % (name, name))
    wait(line, " 001 ")
    return line

def say(line, *words):
    for word in words:
        line.write(word + "\r\n")
    line.flush()

def wait(line, text):
    for answer in line:
        if answer.startswith("PING"):
            say(line, answer.replace("PING", "PONG").strip())
        if text in answer:
            return
    raise SystemExit("no " + text)

one, two = user("one"), user("two")
for line in one, two:
    say(line, "JOIN #room")
    wait(line, " 366 ")
say(one, "PRIVMSG #room :hello")
wait(two, ":hello")
say(two, "MOTD", "VERSION")
wait(two, " 351 ")
X
}

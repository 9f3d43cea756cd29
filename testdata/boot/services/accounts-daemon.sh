# accounts-daemon: makes a user, changes, locks and deletes it, by the programs of the shadow suite
unit=accounts-daemon.service
packages="accountsservice"

configure() {
    systemctl enable accounts-daemon > /dev/null 2>&1
}

call() {
    busctl --timeout=60 call org.freedesktop.Accounts "$@" 2>&1
}

probe() {
    local answer user root=/org/freedesktop/Accounts
    answer=$(call $root org.freedesktop.Accounts CreateUser ssi guest 'A Guest' 0) || fail "new user: $answer"
    user=$(cut -d '"' -f 2 <<< "$answer")
    [ -d /home/guest ] || fail "new user has no home"
    answer=$(call "$user" org.freedesktop.Accounts.User SetShell s /bin/sh) || fail "shell: $answer"
    grep -q '^guest:.*:/bin/sh$' /etc/passwd || fail "shell is not set"
    # shellcheck disable=SC2016
    answer=$(call "$user" org.freedesktop.Accounts.User SetPassword ss '$6$rig$x' hint) || fail "password: $answer"
    answer=$(call "$user" org.freedesktop.Accounts.User SetLocked b true) || fail "lock: $answer"
    eventually 10 grep -q '^guest:!' /etc/shadow || fail "user is not locked"
    answer=$(call "$user" org.freedesktop.Accounts.User SetLanguage s de_DE.UTF-8) || fail "language: $answer"
    eventually 10 grep -q de_DE /var/lib/AccountsService/users/guest || fail "language is not stored"
    answer=$(call $root org.freedesktop.Accounts DeleteUser xb "$(id -u guest)" true) || fail "deletion: $answer"
    if id guest > /dev/null 2>&1; then fail "user is not deleted"; fi
    [ ! -d /home/guest ] || fail "home is not deleted"
}

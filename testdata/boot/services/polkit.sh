# polkit: a rule that lets a user do what is root's, one that runs a program, one that forbids
unit=polkit.service
packages="polkitd"

configure() {
    put /etc/polkit-1/rules.d/50-rig.rules << 'X'
polkit.addRule(function(action, subject) {
    if (action.id == "org.freedesktop.systemd1.manage-units" && subject.user == "tester") {
        if (action.lookup("unit") == "rig-allowed.service") {
            return polkit.Result.YES;
        }
        if (action.lookup("unit") == "rig-asked.service") {
            polkit.spawn(["/usr/bin/true"]);
            return polkit.Result.YES;
        }
        return polkit.Result.NO;
    }
});
X
    local name
    for name in allowed asked forbidden; do
        printf '[Service]\nType=oneshot\nExecStart=/usr/bin/touch /run/rig-%s\n' $name | put /etc/systemd/system/rig-$name.service
    done
}

start_as_user() {
    runuser -u tester -- busctl --timeout=30 call org.freedesktop.systemd1 /org/freedesktop/systemd1 \
        org.freedesktop.systemd1.Manager StartUnit ss "rig-$1.service" replace 2>&1
}

probe() {
    local answer
    answer=$(start_as_user allowed) || fail "rule: $answer"
    eventually 10 test -e /run/rig-allowed || fail "allowed unit did not start"
    answer=$(start_as_user asked) || fail "rule with a program: $answer"
    if start_as_user forbidden > /dev/null; then fail "forbidden unit is started"; fi
    pkaction | grep -q org.freedesktop.systemd1 || fail "actions"
    echo '// changed' >> /etc/polkit-1/rules.d/50-rig.rules
    sleep 2
    answer=$(start_as_user allowed) || fail "changed rule: $answer"
}

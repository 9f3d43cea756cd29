# rsync: the daemon's modules: list, download, upload with owners and times, a password, a chroot
unit=rsync.service
packages="rsync"

configure() {
    put /etc/rsyncd.conf << 'X'
log file = /var/log/rsyncd.log
[files]
path = /srv/rsync
read only = no
uid = root
gid = root
use chroot = yes
[closed]
path = /srv/rsync
uid = nobody
auth users = tester
secrets file = /etc/rsyncd.secrets
X
    put /etc/rsyncd.secrets <<< 'tester:tester'
    chmod 600 /etc/rsyncd.secrets
    put /srv/rsync/file <<< text
    systemctl enable rsync > /dev/null 2>&1
}

probe() {
    local work=/run/rig/rsync
    mkdir -p $work/up
    rsync rsync://127.0.0.1/ | grep -q closed || fail "list of modules"
    rsync -a rsync://127.0.0.1/files/file $work/down || fail "download"
    grep -qx text $work/down || fail "downloaded file"
    unique text > $work/up/mine
    ln $work/up/mine $work/up/linked
    ln -s mine $work/up/symbolic
    mkfifo $work/up/pipe
    chown tester: $work/up/mine
    chmod 4755 $work/up/mine
    rsync -aH $work/up/ rsync://127.0.0.1/files/up/ || fail "upload"
    cmp -s $work/up/mine /srv/rsync/up/mine || fail "uploaded file"
    [ "$(stat -c %U:%a:%h /srv/rsync/up/mine)" = tester:4755:2 ] || fail "owner, mode and links of the uploaded file"
    [ -p /srv/rsync/up/pipe ] || fail "uploaded pipe"
    RSYNC_PASSWORD=tester rsync rsync://tester@127.0.0.1/closed/file > /dev/null || fail "password"
    RSYNC_PASSWORD=wrong rsync rsync://tester@127.0.0.1/closed/file > /dev/null 2>&1 && fail "wrong password is taken"
    grep -q 'rsync on files' /var/log/rsyncd.log || fail "log"
}

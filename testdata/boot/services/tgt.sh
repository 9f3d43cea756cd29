# tgt: a file as an iSCSI disk with a password: found, read and written; one more while it runs
unit=tgt.service
packages="tgt libiscsi-bin"

configure() {
    put /etc/tgt/conf.d/rig.conf << 'X'
<target iqn.2025-01.test.rig:disk>
    backing-store /srv/tgt/disk
    incominguser tester testertester
</target>
X
    mkdir -p /srv/tgt
    truncate -s 8M /srv/tgt/disk
    systemctl enable tgt > /dev/null 2>&1
}

probe() {
    local site=iscsi://127.0.0.1/iqn.2025-01.test.rig file=/run/rig/iscsi
    eventually 20 eval 'tgtadm --mode target --op show | grep -q rig:disk' || fail "control socket"
    iscsi-ls -s iscsi://127.0.0.1 | grep -q rig:disk || fail "list of targets"
    iscsi-inq "${site/127/tester%testertester@127}:disk/1" | grep -qi 'Vendor' || fail "login with a password"
    if iscsi-inq "${site/127/tester%wrongwrongwro@127}:disk/1" > /dev/null 2>&1; then fail "wrong password is taken"; fi
    head -c 1M /dev/urandom > $file
    cp $file /srv/tgt/new
    tgtadm --mode target --op new --tid 7 -T iqn.2025-01.test.rig:new || fail "new target"
    tgtadm --mode logicalunit --op new --tid 7 --lun 1 -b /srv/tgt/new || fail "new disk"
    tgtadm --mode target --op bind --tid 7 -I ALL || fail "binding"
    [ "$(timeout 60 iscsi-md5sum "$site:new/1" | grep -o '[0-9a-f]\{32\}')" = "$(md5sum < $file | cut -d ' ' -f 1)" ] ||
        fail "reading: $(timeout 60 iscsi-md5sum "$site:new/1" 2>&1 | tail -n 1)"
    timeout 60 iscsi-test-cu --dataloss --test=SCSI.Write10.Simple "$site:new/1" > /run/rig/iscsi-write 2>&1
    if cmp -s $file /srv/tgt/new; then fail "nothing is written: $(tail -n 1 /run/rig/iscsi-write)"; fi
}

# smbd: a user's home and a share: list, upload, download, owner; a wrong password; a guest
unit=smbd.service
packages="samba smbclient"

configure() {
    put /etc/samba/smb.conf << 'X'
[global]
    server role = standalone server
    interfaces = lo
    bind interfaces only = yes
    map to guest = bad user
    log file = /var/log/samba/log.%m
    obey pam restrictions = yes
    load printers = no
    disable spoolss = yes
[homes]
    read only = no
    valid users = %S
[share]
    path = /srv/samba
    guest ok = yes
    read only = no
    root preexec = /usr/local/lib/rig/connected %u
X
    mkdir -p -m 1777 /srv/samba
    put /usr/local/lib/rig/connected << 'X'
#!/bin/sh
echo "$(id -un) for $1" >> /var/log/connected
X
    chmod 755 /usr/local/lib/rig/connected
    printf 'tester\ntester\n' | smbpasswd -s -a tester > /dev/null
}

share() {
    timeout 60 smbclient "//127.0.0.1/$1" -U "$2" -c "$3" 2>&1
}

probe() {
    local answer
    answer=$(share tester tester%tester 'put /etc/services up; get up /run/rig/samba-down; mkdir folder; ls') ||
        fail "home: $(tail -n 1 <<< "$answer")"
    cmp -s /etc/services /home/tester/up || fail "uploaded file"
    cmp -s /etc/services /run/rig/samba-down || fail "downloaded file"
    [ "$(stat -c %U /home/tester/up)" = tester ] || fail "owner of the uploaded file"
    answer=$(share share guest% 'put /etc/services up; ls') || fail "guest: $(tail -n 1 <<< "$answer")"
    [ "$(stat -c %U /srv/samba/up)" = nobody ] || fail "owner of a guest's file"
    grep -q '^root for' /var/log/connected || fail "program for a connection did not run"
    if share tester tester%wrong ls > /dev/null; then fail "wrong password is taken"; fi
    smbstatus > /dev/null || fail "status"
}

after_reload() {
    share tester tester%tester ls > /dev/null || fail "home after the reload"
}

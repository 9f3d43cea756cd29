# nfs-mountd: mounts by NFS 3 and 4, reads and writes as a user, the list of exports
unit=nfs-mountd.service
packages="nfs-kernel-server nfs-common"

configure() {
    mkdir -p /srv/nfs
    put /etc/exports <<< '/srv/nfs 127.0.0.1(rw,fsid=0,no_subtree_check,no_root_squash,insecure)'
    put /srv/nfs/file <<< 'a file'
    install -d -o tester /srv/nfs/own
}

probe() {
    local answer folder=/run/nfs version
    mkdir -p $folder
    eventually 30 showmount -e 127.0.0.1 || fail "list of exports: $(showmount -e 127.0.0.1 2>&1)"
    for version in 3 4; do
        answer=$(timeout 60 mount -t nfs -o "vers=$version,nolock" "127.0.0.1:$([ $version = 4 ] || echo /srv/nfs)/" $folder 2>&1) ||
            fail "mount by NFS $version: $answer"
        grep -qx 'a file' $folder/file || fail "file by NFS $version"
        runuser -u tester -- sh -c "echo $version > $folder/own/written" || fail "writing by NFS $version"
        grep -qx $version /srv/nfs/own/written || fail "written file by NFS $version"
        umount $folder || fail "unmount of NFS $version"
    done
    rpcinfo -p 127.0.0.1 | grep -q mountd || fail "mountd is not known to rpcbind"
    showmount -a 127.0.0.1 > /dev/null || fail "list of mounts"
}

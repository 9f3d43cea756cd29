# php-fpm: scripts for nginx as their user: sessions, files, a program, name look-up, regular expressions (compiled to code)
unit=php8.4-fpm.service
packages="php-fpm nginx"

configure() {
    put /etc/nginx/conf.d/php.conf << 'X'
server {
    listen 127.0.0.1:8004;
    root /srv/php;
    location / {
        include fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass unix:/run/php/php8.4-fpm.sock;
    }
}
X
    put /srv/php/all.php << 'X'
<?php
header("Content-Type: text/plain");
session_start();
$_SESSION["count"] = ($_SESSION["count"] ?? 0) + 1;
echo "count ", $_SESSION["count"], "\n";
echo "program ", trim(shell_exec("id -un")), "\n";
file_put_contents("/srv/php/data/written", "written");
echo "file ", file_get_contents("/srv/php/data/written"), "\n";
echo "temporary ", fwrite(tmpfile(), "text"), "\n";
echo "name ", gethostbyname("bootrig"), "\n";
echo "pattern ", preg_replace('/(\w+) (\w+)/', '$2 $1', "one two"), "\n";
echo "page ", trim(file_get_contents("http://127.0.0.1:8002/page.html")), "\n";
error_log("a word for the log");
X
    mkdir -p /srv/php/data
    chown www-data: /srv/php/data
}

probe() {
    local answer part jar=/run/rig/cookies
    answer=$(fetch -c $jar http://127.0.0.1:8004/all.php 2>&1)
    for part in 'count 1' 'program www-data' 'file written' 'temporary 4' 'name 127' 'pattern two one' 'page a page'; do
        grep -q "$part" <<< "$answer" || fail "no $part in: $answer"
    done
    fetch -b $jar http://127.0.0.1:8004/all.php | grep -q 'count 2' || fail "session is not kept"
    ls /var/lib/php/sessions/sess_* > /dev/null || fail "session is not stored"
    mv /var/log/php8.4-fpm.log /var/log/php8.4-fpm.log.1
    systemctl kill --kill-whom=main --signal=USR1 php8.4-fpm
    eventually 15 test -e /var/log/php8.4-fpm.log || fail "log is not reopened"
}

after_reload() {
    fetch http://127.0.0.1:8004/all.php | grep -q 'count 1' || fail "script after the reload"
}

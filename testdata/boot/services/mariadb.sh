# mariadb: login by name of the user and by password, TLS, transactions, files in and out, log, a restart
unit=mariadb.service
packages="mariadb-server openssl"

configure() {
    local folder=/etc/mysql/tls
    install -d -o mysql -g adm /var/log/mysql
    install -d -o mysql $folder
    # Without a key of its own it makes one of 4096 bits at each start, which takes a minute of this slow processor,
    # and with some luck a few seconds, or without it three minutes.
    [ -s $folder/key.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=bootrig \
        -keyout $folder/key.pem -out $folder/cert.pem 2> /dev/null
    chown mysql $folder/*
    put /etc/mysql/mariadb.conf.d/90-rig.cnf << 'X'
[mariadbd]
innodb_buffer_pool_size = 32M
log_error = /var/log/mysql/error.log
log_bin = /var/lib/mysql/bin
ssl_cert = /etc/mysql/tls/cert.pem
ssl_key = /etc/mysql/tls/key.pem
X
}

sql() {
    mariadb -N -B "$@" 2>&1
}

probe() {
    local answer
    eventually 60 sql -e 'select 1' || fail "no connection: $(sql -e 'select 1')"
    answer=$(sql << 'X'
create or replace database rig;
use rig;
create table numbers (n int primary key, word text) engine=innodb;
start transaction;
insert into numbers select seq, md5(seq) from seq_1_to_20000;
commit;
alter table numbers add index (word(8));
select sum(n) from numbers;
select n from numbers into outfile '/var/tmp/mariadb-numbers';
create table loaded (n int);
load data infile '/var/tmp/mariadb-numbers' into table loaded;
select count(*) from loaded;
create or replace user tester identified by 'tester';
grant all on rig.* to tester;
flush logs;
X
    ) || fail "SQL: $(tail -n 1 <<< "$answer")"
    grep -qx 200010000 <<< "$answer" || fail "sum: $answer"
    grep -qx 20000 <<< "$answer" || fail "loaded file: $answer"
    sql -h 127.0.0.1 -u tester -ptester -e 'select count(*) from rig.numbers' | grep -qx 20000 || fail "password over TCP"
    sql -h 127.0.0.1 -u tester -ptester --ssl --skip-ssl-verify-server-cert -e "show status like 'Ssl_cipher'" |
        grep -q TLS_ || fail "TLS"
    if sql -h 127.0.0.1 -u tester -pwrong -e 'select 1' > /dev/null; then fail "wrong password is taken"; fi
    [ -s /var/lib/mysql/bin.000001 ] || fail "no binary log"
    systemctl restart mariadb || fail "restart"
    sql -e 'select count(*) from rig.numbers' | grep -qx 20000 || fail "rows are gone after a restart"
}

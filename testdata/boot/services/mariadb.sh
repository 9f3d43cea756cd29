# mariadb: login by name of the user and by password, transactions, files in and out, log, a restart
unit=mariadb.service
packages="mariadb-server"

configure() {
    install -d -o mysql -g adm /var/log/mysql
    put /etc/mysql/mariadb.conf.d/90-rig.cnf << 'X'
[mariadbd]
innodb_buffer_pool_size = 32M
log_error = /var/log/mysql/error.log
log_bin = /var/lib/mysql/bin
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
    if sql -h 127.0.0.1 -u tester -pwrong -e 'select 1' > /dev/null; then fail "wrong password is taken"; fi
    [ -s /var/lib/mysql/bin.000001 ] || fail "no binary log"
    systemctl restart mariadb || fail "restart"
    sql -e 'select count(*) from rig.numbers' | grep -qx 20000 || fail "rows are gone after a restart"
}

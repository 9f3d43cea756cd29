# SPDX-License-Identifier: MIT
packages=postgresql
start='/usr/lib/postgresql/17/bin/postgres -D /var/lib/postgresql/17/main -c config_file=/etc/postgresql/17/main/postgresql.conf'
user=postgres
before() { mkdir -p /run/postgresql && chown postgres: /run/postgresql; }
requests() {
    local sql='setpriv --reuid=postgres --regid=postgres --init-groups psql -q'
    try $sql -c 'select 1'
    $sql << 'X'
drop table if exists numbers;
create table numbers as select generate_series(1, 200000) as n;
create index on numbers (n);
select count(*), sum(n) from numbers;
copy numbers to '/tmp/numbers';
vacuum full analyze numbers;
checkpoint;
X
}

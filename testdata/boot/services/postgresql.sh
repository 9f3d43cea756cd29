# postgresql: the cluster's instance of a template: tables, workers, files, a password, copies to files and programs
unit=postgresql@17-main.service
packages="postgresql"

configure() {
    sed -i "s/^#*log_destination.*/log_destination = 'stderr'/" /etc/postgresql/17/main/postgresql.conf
}

sql() {
    runuser -u postgres -- psql -qAt -v ON_ERROR_STOP=1 "$@" 2>&1
}

probe() {
    local answer
    eventually 60 sql -c 'select 1' || fail "no connection: $(sql -c 'select 1')"
    answer=$(sql << 'X'
create table numbers as select generate_series(1, 100000) as n;
create index on numbers (n);
vacuum analyze numbers;
set max_parallel_workers_per_gather = 2;
set parallel_setup_cost = 0;
set min_parallel_table_scan_size = 0;
select sum(n) from numbers;
copy numbers to '/var/tmp/numbers';
copy (select 'to a program') to program 'cat > /var/tmp/numbers-program';
do $$ begin raise notice 'a function'; end $$;
create role tester login password 'tester';
checkpoint;
X
    ) || fail "SQL: $(tail -n 1 <<< "$answer")"
    grep -q 5000050000 <<< "$answer" || fail "sum: $answer"
    [ "$(wc -l < /var/tmp/numbers)" = 100000 ] || fail "copy to a file"
    grep -q program /var/tmp/numbers-program || fail "copy to a program"
    PGPASSWORD=tester psql -h 127.0.0.1 -U tester -d postgres -Atc 'select 7' | grep -qx 7 || fail "password over TCP"
    if psql -h 127.0.0.1 -U tester -w -d postgres -c 'select 1' > /dev/null 2>&1; then fail "no password is taken"; fi
}

after_reload() {
    sql -c 'select count(*) from numbers' | grep -qx 100000 || fail "no answer after the reload"
}

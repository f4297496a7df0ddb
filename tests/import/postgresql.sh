# shellcheck shell=bash
# postgresql.sh - a PostgreSQL server for a test: Debian's own, in a folder of its own, reached through a socket in it and by
# nothing else. Sourced. PostgreSQL refuses to be root, so root starts it as the account that Debian made for it.

# postgresql_start: sets PG (the folder) and PG_URL. It ends with the shell that started it.
postgresql_start() {
    PG_BIN=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2> /dev/null | sort -V | tail -1)
    [ -n "$PG_BIN" ] || { echo "PostgreSQL is not there: install postgresql" >&2; exit 1; }
    PG=$(env -u TMPDIR mktemp -d)
    PG_AS=()
    if [ "$(id -u)" = 0 ]; then
        PG_AS=(setpriv --reuid postgres --regid postgres --clear-groups env "HOME=$PG")
        chown postgres: "$PG"
    fi
    trap postgresql_stop EXIT
    (
        cd "$PG"
        "${PG_AS[@]}" "$PG_BIN/initdb" -D "$PG/data" -U ra -A trust -E UTF8 --locale C --no-sync
        # Only this test's processes are killed here, never the machine's power: what the server syncs does not matter.
        "${PG_AS[@]}" "$PG_BIN/pg_ctl" -D "$PG/data" -w -t 120 -l "$PG/log" \
            -o "-c listen_addresses='' -c unix_socket_directories='$PG' -c fsync=off" start
    ) > "$PG/start" 2>&1 || { cat "$PG/start" "$PG/log" >&2; exit 1; }
    PG_URL="postgresql:///postgres?host=$PG&user=ra"
}

postgresql_stop() {
    "${PG_AS[@]}" "$PG_BIN/pg_ctl" -D "$PG/data" -w -m immediate stop > "$PG/stop" 2>&1 || true
    rm -rf "$PG"
}

# Ask either database, one row a line.
pg() { psql -X -q -v ON_ERROR_STOP=1 -At -F '|' -d "$PG_URL" -c "$1"; }
lite() { sqlite3 -batch -bail "$1" "$2"; }

DB_TABLES='seals bundles answers certificates changes lists'

# db_select FILE TABLE KIND: a query for all of the table's rows, the bytes in hexadecimal as this kind writes them.
db_select() {
    local columns
    columns=$(lite "$1" "SELECT group_concat(CASE type WHEN 'BLOB' THEN 'BYTES(' || name || ')' ELSE name END, ', ')
        FROM pragma_table_info('rootseal_$2')")
    case $3 in
    lite) columns=$(sed 's/BYTES(\([a-z_]*\))/lower(hex(\1))/g' <<< "$columns") ;;
    pg) columns=$(sed "s/BYTES(\([a-z_]*\))/encode(\1, 'hex')/g" <<< "$columns") ;;
    esac
    echo "SELECT $columns FROM rootseal_$2"
}

# dump_lite FILE, dump_pg FILE: every row of ours, sorted; both write the same. The columns are those of FILE's tables.
dump_lite() {
    local t
    for t in $DB_TABLES; do lite "$1" "$(db_select "$1" "$t" lite)" | LC_ALL=C sort | sed "s/^/$t: /"; done
    lite "$1" "SELECT * FROM rootseal_standing" | LC_ALL=C sort
}
dump_pg() {
    local t
    for t in $DB_TABLES; do pg "$(db_select "$1" "$t" pg)" | LC_ALL=C sort | sed "s/^/$t: /"; done
    pg "SELECT * FROM rootseal_standing" | LC_ALL=C sort
}

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

# select_all HEX TABLE: a query for all rows of the columns on standard input, "name type" a line; HEX is how bytes are written.
select_all() {
    awk -v hex="$1" -v table="$2" '{ column = tolower($2) ~ /^(blob|bytea)$/ ? sprintf(hex, $1) : $1
        all = all (NR == 1 ? "SELECT " : ", ") column } END { print all " FROM rootseal_" table }'
}
columns_lite() { lite "$1" "SELECT name || ' ' || type FROM pragma_table_info('rootseal_$2')"; }
columns_pg() { pg "SELECT column_name || ' ' || data_type FROM information_schema.columns WHERE table_name = 'rootseal_$1' ORDER BY ordinal_position"; }

# dump_lite FILE, dump_pg: every row of ours, sorted; both write the same.
dump_lite() {
    local t
    for t in $DB_TABLES; do
        lite "$1" "$(columns_lite "$1" "$t" | select_all 'lower(hex(%s))' "$t")" | LC_ALL=C sort | sed "s/^/$t: /"
    done
    lite "$1" "SELECT * FROM rootseal_standing" | LC_ALL=C sort
}
dump_pg() {
    local t
    for t in $DB_TABLES; do
        pg "$(columns_pg "$t" | select_all "encode(%s, 'hex')" "$t")" | LC_ALL=C sort | sed "s/^/$t: /"
    done
    pg "SELECT * FROM rootseal_standing" | LC_ALL=C sort
}

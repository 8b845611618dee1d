# shellcheck shell=bash
# The tour: each step does one thing, looks at what came of it, and is a line when it was really seen.
#
# A step that fails ends the script.
# shellcheck source=tools/lib/cluster.sh
source tools/lib/cluster.sh

step=
step_began=0
writer=

begin() {
  step=$1
  step_began=$(milliseconds)
}

# Ends the step well. The arguments are what was seen; the time is the step's unless it is given first as MS ms.
seen() {
  local took=$(($(milliseconds) - step_began))
  if [[ $1 =~ ^[0-9]+\ ms$ ]]; then
    took=${1% ms}
    shift
  fi
  printf 'ok  %6d ms  %-44s %s\n' "$took" "$step" "$*"
}

fail_step() {
  printf 'FAILED after %d ms: %s: %s\n' "$(($(milliseconds) - step_began))" "$step" "$*" >&2
  step=
  exit 1
}

expect() {
  [[ $1 == "$2" ]] || fail_step "saw '$1', expected '$2'"
}

# Repeats a command until its output matches a pattern or SECONDS have passed; the output is in $output.
output=
eventually() {
  local seconds=$1 pattern=$2 deadline
  shift 2
  deadline=$(($(milliseconds) + seconds * 1000))
  while true; do
    output=$("$@" 2>&1) || true
    # shellcheck disable=SC2053  # it is a pattern
    [[ $output == $pattern ]] && return
    (($(milliseconds) < deadline)) || fail_step "not seen within $seconds s. Last seen: $output"
    sleep 0.02
  done
}

# The cluster in a word: "active=NAME standby=N voting=N down=N".
summary() {
  status | awk '
    $3 == "active" { active = $1 }
    $3 ~ /^(standby|voting|down)$/ { count[$3] += 1 }
    END { printf "active=%s standby=%d voting=%d down=%d", active, count["standby"], count["voting"], count["down"] }'
}

# Writes without a pause through one client until the file "stop" is there. Notes each acknowledged key in "acked",
# each other answer in "unacknowledged", and the longest time between two acknowledgements since "mark" last changed.
write_without_pause() {
  local number=0 answer last now
  coproc WRITER { exec "$kvorum" client --masters "$(masters)" --timeout 15 2>&1; }
  last=$(milliseconds)
  while [[ ! -e $folder/stop ]]; do
    number=$((number + 1))
    printf 'WRITE tour:%06d value-%d\n' "$number" "$number" >&"${WRITER[1]}"
    IFS= read -r -t 20 answer <&"${WRITER[0]}" || answer="no answer in 20 s"
    now=$(milliseconds)
    if [[ $answer == OK ]]; then
      printf '%d %06d %d\n' "$now" "$number" $((now - last)) >>"$folder/acked"
      last=$now
    else
      printf '%d %06d %s\n' "$now" "$number" "$answer" >>"$folder/unacknowledged"
    fi
  done
}

# The longest pause of the writer that ended at or after a time.
longest_pause_since() {
  awk -v since="$1" '$1 >= since && $3 > longest { longest = $3 } END { print longest + 0 }' "$folder/acked"
}

acknowledged() { wc -l <"$folder/acked"; }

# Waits until the writer has had so many more acknowledgements.
wait_for_writes() {
  local wanted=$(($(acknowledged) + $1)) deadline=$(($(milliseconds) + 20000))
  until (($(acknowledged) >= wanted)); do
    (($(milliseconds) < deadline)) || fail_step "the writer got no further: $(tail -n 1 "$folder/unacknowledged")"
    sleep 0.02
  done
}

tour() {
  begin "a cluster is born"
  start_nodes
  eventually 20 "active=primary standby=1 voting=3 down=0" summary
  seen "5 nodes: $output"

  begin "write foo bar"
  expect "$(client write foo bar)" OK
  local node holders=()
  for node in "${nodes[@]}"; do
    [[ $(query "$node" log "SELECT count(*) FROM log WHERE key = 'foo'") == 0 ]] || holders+=("$node")
  done
  # That is what OK means: on the disk of the active master and on those of two of three slaves.
  [[ ${holders[*]} == *primary*slave*slave* ]] || fail_step "acknowledged, but only in the logs of: ${holders[*]}"
  seen "OK, in the log.db of ${holders[*]}"

  begin "read foo"
  expect "$(client read foo)" bar
  seen bar

  begin "SQL on slave2's replica.db"
  eventually 5 bar query slave2 replica "SELECT value FROM kv WHERE key = 'foo'"
  seen "$output"

  begin "SQL on slave2's log.db"
  eventually 5 "*put|foo|bar" query slave2 log "SELECT \"index\", op, key, value FROM log WHERE key = 'foo'"
  seen "$output"

  begin "redis-cli"
  expect "$(redis-cli -p "$primary_port" SET greeting hello)" OK
  expect "$(redis-cli -p "$primary_port" -3 GET greeting)" hello
  expect "$(redis-cli -p "$primary_port" INCR counter)" 1
  seen "SET, GET over RESP3, INCR"

  begin "a writer writes without a pause"
  : >"$folder/acked"
  : >"$folder/unacknowledged"
  # Its own messages, such as those about its client's end, belong to no step.
  write_without_pause 2>"$folder/writer.log" &
  writer=$!
  wait_for_writes 50
  seen "$(acknowledged) writes acknowledged so far"

  local killed
  begin "kill -9 the primary: write at the backup"
  killed=$(milliseconds)
  kill_nodes primary
  expect "$(client write after failover)" OK
  seen OK
  begin "read at the backup"
  expect "$(client read foo)" bar
  eventually 5 "active=backup standby=0 voting=3 down=1" summary
  seen "bar; $output"
  begin "the writer goes on"
  wait_for_writes 50
  seen "the longest pause between two acknowledgements was $(longest_pause_since "$killed") ms"

  local returned
  begin "the primary comes back and takes over"
  returned=$(milliseconds)
  start_node primary
  eventually 30 "active=primary standby=1 voting=3 down=0" summary
  seen "$output"
  begin "the writer has hardly noticed"
  wait_for_writes 50
  seen "the longest pause was $(longest_pause_since "$returned") ms"

  begin "every acknowledged write is there"
  touch "$folder/stop"
  wait "$writer" || true
  writer=
  awk '{ print "READ tour:" $2 }' "$folder/acked" | client >"$folder/found" ||
    fail_step "a read failed"
  awk '{ print "value-" $2 + 0 }' "$folder/acked" | cmp -s - "$folder/found" ||
    fail_step "acknowledged and found differ, see $folder/acked and $folder/found"
  seen "$(acknowledged) of $(acknowledged) found; $(wc -l <"$folder/unacknowledged") in doubt or refused"

  begin "kill -9 both masters: read from the slaves"
  kill_nodes primary backup
  expect "$(client --read majority read foo 2>"$folder/notice")" bar
  grep -q "may miss acknowledged writes" "$folder/notice" || fail_step "the client did not say where it read"
  seen "bar, from a majority of the slaves"
  begin "both masters come back"
  start_node backup
  start_node primary
  eventually 30 "active=primary standby=1 voting=3 down=0" summary
  seen "$output"

  begin "all logs are the same"
  local last
  last=$(query primary log 'SELECT max("index") FROM log')
  for node in "${nodes[@]}"; do
    # The last checksum of the chain stands for every entry before it.
    eventually 10 "$last *" query "$node" log \
      "SELECT \"index\" || ' ' || printf('%016x', checksum) FROM log WHERE \"index\" = $last"
    printf '%s\n' "$output"
  done >"$folder/checksums"
  [[ $(sort -u "$folder/checksums" | wc -l) == 1 ]] || fail_step "$(paste -sd ' ' "$folder/checksums")"
  seen "5 nodes agree up to entry ${output/ /, checksum }"

  begin "integrity of all files"
  local file count=0
  for node in "${nodes[@]}"; do
    for file in log replica; do
      expect "$(query "$node" "$file" 'PRAGMA integrity_check')" ok
      count=$((count + 1))
    done
  done
  seen "$count files: ok"

  begin "all nodes stop"
  for node in "${nodes[@]}"; do is_running "$node" || fail_step "$node has died"; done
  local ended=("${pids[@]}") pid
  stop_nodes || fail_step "not every node ended cleanly"
  for pid in "${ended[@]}"; do
    kill -0 "$pid" 2>/dev/null && fail_step "process $pid still runs"
  done
  seen "${#ended[@]} processes ended with exit code 0"
}

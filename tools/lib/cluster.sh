# shellcheck shell=bash
# A cluster of processes: one master, one backup, three slaves, each with a directory and a log below $folder.
#
# Whoever sources this sets the first four.
kvorum=
folder=
primary_port=
backup_port=
log_level=debug
# More options for every node.
node_options=()

declare -A pids=()
nodes=(primary backup slave1 slave2 slave3)

milliseconds() {
  # Not date: a process a reading would be most of what is measured.
  local now=${EPOCHREALTIME/[^0-9]/}
  printf '%s' $((now / 1000))
}

masters() { printf '127.0.0.1:%s,127.0.0.1:%s' "$primary_port" "$backup_port"; }

# Starts a node and remembers its process. A session of its own keeps Ctrl-C at the prompt away from it.
start_node() {
  local node=$1 arguments
  case $node in
    primary) arguments=(master --listen "127.0.0.1:$primary_port" --peers "127.0.0.1:$backup_port") ;;
    backup) arguments=(backup --listen "127.0.0.1:$backup_port" --peers "127.0.0.1:$primary_port") ;;
    *) arguments=(slave --name "$node" --masters "$(masters)") ;;
  esac
  setsid "$kvorum" "${arguments[@]}" --data "$folder/$node" --log-level "$log_level" \
    "${node_options[@]}" </dev/null >>"$folder/$node.log" 2>&1 &
  pids[$node]=$!
}

start_nodes() {
  local node
  mkdir -p "$folder"
  for node in "${nodes[@]}"; do start_node "$node"; done
}

is_running() { [[ -n ${pids[$1]:-} ]] && kill -0 "${pids[$1]}" 2>/dev/null; }

# Ends nodes as a crash would.
kill_nodes() {
  local node
  for node in "$@"; do
    kill -KILL "${pids[$node]}" 2>/dev/null || true
    # Else the shell would tell of the death in its own words.
    wait "${pids[$node]}" 2>/dev/null || true
    unset "pids[$node]"
  done
}

# Ends all nodes that run, cleanly; whatever has not ended by itself is killed, and that counts as a failure.
stop_nodes() {
  local node deadline bad=()
  for node in "${!pids[@]}"; do
    kill -TERM "${pids[$node]}" 2>/dev/null || unset "pids[$node]"
  done
  deadline=$(($(milliseconds) + 12000))
  for node in "${!pids[@]}"; do
    while is_running "$node" && (($(milliseconds) < deadline)); do sleep 0.05; done
    if is_running "$node"; then
      kill_nodes "$node"
      bad+=("$node did not end in 12 s")
    else
      wait "${pids[$node]}" 2>/dev/null || bad+=("$node ended with exit code $?")
      unset "pids[$node]"
    fi
  done
  ((${#bad[@]} == 0)) && return
  printf '%s\n' "${bad[@]}" >&2
  return 1
}

# Two neighbouring ports below the range from which the kernel takes ports for others.
choose_free_ports() {
  local attempt
  for ((attempt = 0; attempt < 100; attempt += 1)); do
    primary_port=$((20000 + RANDOM % 12000))
    backup_port=$((primary_port + 1))
    is_listening "$primary_port" || is_listening "$backup_port" || return 0
  done
  return 1
}

is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Runs the command-line client. Options come before the command.
client() { timeout 20 "$kvorum" client --masters "$(masters)" "$@"; }

status() { timeout 10 "$kvorum" status --masters "$(masters)"; }

# Runs a query on one of a node's files, as anyone may while the node runs: read-only.
query() { sqlite3 -readonly -cmd '.timeout 2000' "$folder/$1/$2.db" "$3"; }

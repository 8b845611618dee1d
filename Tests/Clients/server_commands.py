"""The commands on connections and the server, as redis-py sends them to a running cluster.

usage: server_commands.py PRIMARY_PORT STANDBY_PORT SLAVES

Ends with status 0 and the word "held" if everything was as Redis has it.
"""

import socket
import sys
import threading
import time

import redis

primary, standby, slaves = (int(word) for word in sys.argv[1:4])
protocols = [2, 3] if int(redis.__version__.split(".")[0]) >= 5 else [2]


def client(protocol, port=primary, **options):
    if len(protocols) > 1:
        options["protocol"] = protocol
    return redis.Redis(port=port, decode_responses=True, single_connection_client=True, **options)


def refused(text, call, *arguments):
    try:
        reply = call(*arguments)
    except redis.RedisError as error:
        # redis-py takes the prefix ERR away.
        assert str(error).startswith(text), f"{error!r} is not {text!r}"
    else:
        raise AssertionError(f"{arguments} was answered with {reply!r} instead of {text!r}")


def eventually(what, check, limit=10):
    end = time.monotonic() + limit
    while not check():
        assert time.monotonic() < end, f"not within {limit} s: {what}"
        time.sleep(0.01)


def raw(*commands):
    """Sends inline commands in one go and returns all that comes until the node closes."""
    with socket.create_connection(("127.0.0.1", primary), timeout=10) as connection:
        connection.sendall("".join(command + "\r\n" for command in commands).encode())
        answer = b""
        while part := connection.recv(4096):
            answer += part
        return answer.decode()


def clients(protocol):
    one, other = client(protocol), client(protocol)
    one.client_setname("one")
    assert one.client_getname() == "one" and other.client_getname() in (None, "")
    refused("Client names cannot contain", one.client_setname, "a b")
    id = other.client_id()
    line = [known for known in one.client_list() if known["id"] == str(id)][0]
    for field in (
        "addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp "
        "obl oll omem tot-mem events cmd user redir resp lib-name lib-ver"
    ).split():
        assert field in line, f"{field} is not in {line}"
    assert line["cmd"] == "client|id" and line["user"] == "default", line
    assert line["resp"] == str(protocol if len(protocols) > 1 else 2), line
    assert one.client_info()["name"] == "one"
    assert [int(known["id"]) for known in one.execute_command("CLIENT LIST", "ID", id, 10**9)] == [id]
    assert one.client_list(_type="pubsub") == [] and one.client_list(_type="replica") == []
    assert other.execute_command("CLIENT", "NO-EVICT", "ON") in ("OK", True)
    flags = [known["flags"] for known in one.client_list() if known["id"] == str(id)]
    assert flags == ["e"], flags
    refused("No such client", one.client_kill, "1.1.1.1:1")
    refused("Unknown client type 'x'", one.execute_command, "CLIENT", "KILL", "TYPE", "x")
    refused("client-id should be greater than 0", one.execute_command, "CLIENT", "KILL", "ID", "0")
    refused("No such user 'x'", one.execute_command, "CLIENT", "KILL", "USER", "x")
    assert one.client_kill_filter(_id=id, addr="1.1.1.1:1") == 0
    assert one.client_kill_filter(_id=id, _type="normal", user="default") == 1
    eventually("the killed one is gone", lambda: str(id) not in [known["id"] for known in one.client_list()])
    assert one.client_kill_filter(_id=one.client_id()) == 0
    assert one.execute_command("CLIENT", "KILL", "ID", one.client_id(), "SKIPME", "no") == 1
    one = client(protocol)
    assert one.client_unblock(12345) in (0, False)
    assert one.execute_command("CLIENT", "GETREDIR") == -1
    refused("CLIENT TRACKING is not supported", one.execute_command, "CLIENT", "TRACKING", "ON")


def answers(protocol):
    assert raw("CLIENT REPLY OFF", "SET muted 1", "NONSENSE", "CLIENT REPLY ON", "QUIT") == "+OK\r\n+OK\r\n"
    assert raw("CLIENT REPLY SKIP", "PING one", "PING two", "QUIT") == "$3\r\ntwo\r\n+OK\r\n"
    assert raw("GET muted", "CLIENT REPLY OFF", "SET muted 2", "QUIT") == "$1\r\n1\r\n"
    assert client(protocol).get("muted") == "2"
    # Replies that were owed when replies were switched off still come.
    assert raw("SET muted 3", "CLIENT REPLY SKIP", "SET muted 4", "GET muted", "QUIT") == "+OK\r\n$1\r\n4\r\n+OK\r\n"


def pauses(protocol):
    one, other = client(protocol), client(protocol)
    for mode, reads_wait in ((False, False), (True, True)):
        begun = time.monotonic()
        one.client_pause(400, all=mode)
        took = {}

        def timed(name, call):
            call()
            took[name] = time.monotonic() - begun

        third = client(protocol)
        threads = [
            threading.Thread(target=timed, args=("write", lambda: third.set("paused", "x"))),
            threading.Thread(target=timed, args=("read", lambda: other.get("paused"))),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert took["write"] >= 0.39, took
        assert (took["read"] >= 0.39) == reads_wait, (mode, took)
    # Longer than a write may wait for its quorum: it is not lost, and not late.
    one.client_pause(60_000, all=False)
    assert int(one.info("clients")["paused_timeout_milliseconds"]) > 50_000
    writer = threading.Thread(target=lambda: other.set("paused", "y"))
    writer.start()
    time.sleep(2.5)
    assert one.get("paused") == "x" and one.info("clients")["blocked_clients"] == 1
    assert one.client_unpause() in ("OK", True)
    writer.join(5)
    assert not writer.is_alive() and one.get("paused") == "y"
    refused("timeout is negative", one.execute_command, "CLIENT", "PAUSE", "-1")


def configuration(protocol):
    one = client(protocol)
    assert one.config_get("appendonly") == {"appendonly": "yes"}
    assert set(one.config_get("max*")) >= {"maxclients", "maxmemory", "max-key-bytes"}
    assert len(one.config_get("timeout", "port")) == 2 if len(protocols) > 1 else True
    assert one.config_get("nothing") == {}
    before = one.config_get("slowlog-max-len")["slowlog-max-len"]
    set_all = lambda *words: one.execute_command("CONFIG", "SET", *words)
    assert set_all("timeout", "100", "slowlog-max-len", "7") in ("OK", True)
    assert one.config_get("timeout")["timeout"] == "100"
    refused(
        "CONFIG SET failed (possibly related to argument 'port') - can't set immutable config",
        set_all, "timeout", "5", "port", "1",
    )
    refused("Unknown option or number of arguments for CONFIG SET - 'foo'", set_all, "timeout", "5", "foo", "1")
    refused("CONFIG SET failed (possibly related to argument 'timeout') - duplicate", set_all, "timeout", 1, "timeout", 2)
    assert one.config_get("timeout")["timeout"] == "100", "a refused CONFIG SET has changed something"
    set_all("timeout", "0", "slowlog-max-len", before)
    refused("The server is running without a config file", one.config_rewrite)
    # A limit of connections that is reached.
    count = one.info("clients")["connected_clients"]
    most = one.config_get("maxclients")["maxclients"]
    set_all("maxclients", count + 1)
    one.config_resetstat()
    with socket.create_connection(("127.0.0.1", primary)) as first:
        first.sendall(b"PING\r\n")
        assert first.recv(100) == b"+PONG\r\n"
        with socket.create_connection(("127.0.0.1", primary)) as second:
            second.sendall(b"PING\r\n")
            assert second.recv(100) == b"-ERR max number of clients reached\r\n"
    set_all("maxclients", most)
    assert one.info("stats")["rejected_connections"] == 1
    # A client that says nothing for longer than the timeout.
    set_all("timeout", "1")
    with socket.create_connection(("127.0.0.1", primary), timeout=10) as idle:
        idle.sendall(b"PING\r\n")
        assert idle.recv(100) == b"+PONG\r\n" and idle.recv(100) == b""
    client(protocol).config_set("timeout", 0)


def information(protocol):
    one, other = client(protocol), client(protocol, standby)
    one.set("known", "v")
    one.config_resetstat()
    one.get("known"), one.get("unknown"), one.get("known")
    refused("", one.execute_command, "INCR", "known")
    info = one.info()
    for field in (
        "redis_version redis_mode process_id tcp_port uptime_in_seconds connected_clients maxclients blocked_clients "
        "used_memory used_memory_human used_memory_rss maxmemory loading aof_enabled role connected_slaves "
        "master_repl_offset total_connections_received total_commands_processed instantaneous_ops_per_sec "
        "rejected_connections expired_keys keyspace_hits keyspace_misses used_cpu_user epoch write_quorum "
        "lease_remaining_ms applied_index writes_in_doubt client_bytes_limit"
    ).split():
        assert field in info, f"{field} is not in INFO"
    assert info["role"] == "master" and info["loading"] == 0 and info["aof_enabled"] == 1
    assert (info["keyspace_hits"], info["keyspace_misses"]) == (2, 1), info
    assert info["tcp_port"] == primary and info["connected_slaves"] == slaves
    assert info["db0"]["keys"] >= 1 and info["errorstat_ERR"] in ("count=1", {"count": 1})
    assert "cmdstat_get" not in info
    one.set("ends", "v", px=3_600_000)
    eventually("a key with an end is counted", lambda: one.info("keyspace")["db0"]["expires"] >= 1)
    eventually("and when it ends", lambda: 3_000_000 < one.info("keyspace")["db0"]["avg_ttl"] <= 3_600_000)
    one.delete("ends")
    eventually(
        "the slaves have all",
        lambda: all(
            one.info("replication")[f"slave{n}"]["offset"] == one.info("replication")["master_repl_offset"]
            for n in range(slaves)
        ),
    )
    counts = one.info("commandstats")
    assert counts["cmdstat_get"]["calls"] == 3 and counts["cmdstat_incr"]["failed_calls"] == 1, counts
    assert "redis_version" in one.info("server") and "role" not in one.info("server")
    both = one.execute_command("INFO", "server", "kvorum")
    assert "redis_version" in both and "epoch" in both
    assert other.info("replication")["role"] == "slave"
    assert other.info("replication")["master_port"] == primary


def waits(protocol):
    one, other = client(protocol), client(protocol, standby)
    one.set("waited", "v")
    # Every acknowledged write is on a quorum; the others have it a moment later.
    assert one.wait(slaves, 10_000) == slaves
    assert one.execute_command("WAITAOF", 1, slaves, 10_000) == [1, slaves]
    begun = time.monotonic()
    assert one.wait(slaves + 1, 200) == slaves
    assert 0.19 <= time.monotonic() - begun < 5
    refused("timeout is negative", one.wait, 1, -1)
    refused("value is out of range, value must between 0 and 1", one.execute_command, "WAITAOF", 2, 0, 0)
    refused("WAIT cannot be used with replica instances.", other.wait, 1, 1)
    blocked = client(protocol)
    id = blocked.client_id()
    result = []
    waiter = threading.Thread(target=lambda: result.append(blocked.wait(slaves + 1, 0)))
    waiter.start()
    eventually("it is blocked", lambda: one.client_unblock(id) in (1, True))
    waiter.join(5)
    assert result == [slaves], result


def monitoring(protocol):
    one = client(protocol)
    one.slowlog_reset()
    one.config_set("slowlog-log-slower-than", 0)
    one.set("slow", "x" * 200)
    assert raw("AUTH secret", "QUIT").startswith("-")
    one.config_set("slowlog-log-slower-than", 10_000)
    entries = [entry["command"] for entry in one.slowlog_get(20)]
    text = [entry if isinstance(entry, str) else entry.decode() for entry in entries]
    assert any("... (72 more bytes)" in entry for entry in text), text
    assert any("(redacted)" in entry for entry in text) and not any("secret" in entry for entry in text), text
    assert one.slowlog_len() >= 3
    one.slowlog_reset()
    assert one.slowlog_len() == 0
    one.set("n", 12), one.set("e", "short"), one.set("r", "x" * 45)
    assert [one.object("encoding", key) for key in "ner"] == ["int", "embstr", "raw"]
    assert one.object("refcount", "n") == 1 and one.object("encoding", "nothing") is None
    assert one.memory_usage("r") > one.memory_usage("e") and one.memory_usage("nothing") is None
    assert one.memory_stats()["keys.count"] >= 3
    assert one.execute_command("LATENCY", "LATEST") == [] and one.execute_command("LATENCY", "RESET") == 0
    refused("DEBUG command not allowed.", one.execute_command, "DEBUG", "OBJECT", "n")
    refused("DB index is out of range", one.execute_command, "SWAPDB", 0, 1)
    refused("This instance has cluster support disabled", one.execute_command, "CLUSTER", "INFO")
    refused("unknown command", one.execute_command, "SAVE")
    one.client_setname("x")
    assert one.execute_command("RESET") in ("RESET", True)


for protocol in protocols:
    for check in (clients, answers, pauses, configuration, information, waits, monitoring):
        check(protocol)
print("held, with RESP", *protocols)

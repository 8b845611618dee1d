#!/usr/bin/env python3
"""Checks messages, events of keys and MONITOR as redis-py sees them, at an active master.

    pubsub.py HOST:PORT [2|3]

The second argument is the version of the protocol; 3 needs a redis-py of version 5 or newer. Prints "ok" at the end.
"""

import sys
import time

import redis


def next_message(subscriber, wanted=None):
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        message = subscriber.get_message(timeout=1)
        if message and (wanted is None or message["type"] == wanted):
            return message
    raise AssertionError("no message came")


def check(value, expected):
    assert value == expected, f"{value!r} is not {expected!r}"


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    options = {"protocol": int(sys.argv[2])} if sys.argv[2:] and sys.argv[2] != "2" else {}
    client = redis.Redis(host, int(port), socket_timeout=5, **options)
    subscriber = client.pubsub()
    subscriber.subscribe("news", b"\x00\xff")
    subscriber.psubscribe("n?ws")
    types = [next_message(subscriber)["type"] for _ in range(3)]
    check(types, ["subscribe", "subscribe", "psubscribe"])

    check(client.publish("news", b"\r\n\x00"), 2)
    messages = [next_message(subscriber), next_message(subscriber)]
    check(sorted(message["type"] for message in messages), ["message", "pmessage"])
    check([message["data"] for message in messages], [b"\r\n\x00", b"\r\n\x00"])
    check(client.publish(b"\x00\xff", ""), 1)
    check(next_message(subscriber)["channel"], b"\x00\xff")

    check(client.pubsub_numsub("news", "other"), [(b"news", 1), (b"other", 0)])
    check(client.pubsub_channels("n*"), [b"news"])
    check(client.pubsub_numpat(), 1)

    # Ten thousand messages in the order in which they were sent, while the subscriber pings between them.
    pipeline = client.pipeline(transaction=False)
    subscriber.punsubscribe()
    next_message(subscriber, "punsubscribe")
    for number in range(10_000):
        pipeline.publish("news", number)
    check(pipeline.execute(), [1] * 10_000)
    for number in range(10_000):
        if number % 1_000 == 0:
            subscriber.ping()
        check(next_message(subscriber, "message")["data"], str(number).encode())

    subscriber.unsubscribe()
    next_message(subscriber, "unsubscribe")
    check(client.publish("news", "nobody hears"), 0)
    subscriber.close()

    with client.monitor() as monitor:
        client.echo("a b")
        shown = monitor.next_command()
        while "ECHO" not in shown["command"]:
            shown = monitor.next_command()
        check(shown["command"], "ECHO a b")
    print("ok")


main()

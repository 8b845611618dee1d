#!/usr/bin/env python3
"""Writes through a Redis client that follows failovers by itself, until SIGTERM, and then says what came of it.

    follow.py CLIENT NAME HOST:PORT...

CLIENT is one of redis-py, redis-py-defaults, redis-py-resp3, coredis and glide; NAME is the master's name; the addresses
are those of the masters. While it writes it prints the number of acknowledged writes from time to time. At the end it
reads every acknowledged write back and prints one line of JSON:

    {"acknowledged": 812, "lost": [], "longest_gap_ms": 431, "errors": {"ConnectionError": 3}}

No write is ever sent twice by this script: each has a key of its own.
"""

import asyncio
import collections
import json
import os
import signal
import sys
import time


class Record:
    def __init__(self):
        self.acknowledged = []
        self.errors = collections.Counter()
        self.longest = 0.0
        self.last = None
        self.told = 0.0
        self.is_stopping = False
        signal.signal(signal.SIGTERM, lambda *_: setattr(self, "is_stopping", True))

    def note(self, key):
        now = time.monotonic()
        if self.last is not None:
            self.longest = max(self.longest, now - self.last)
        self.last = now
        self.acknowledged.append(key)
        if now - self.told > 0.05:
            self.told = now
            print(len(self.acknowledged), flush=True)

    def fail(self, error):
        self.errors[type(error).__name__] += 1

    def keys(self):
        number = 0
        while not self.is_stopping:
            number += 1
            yield f"follow-{os.getpid()}-{number}"

    def tell(self, lost):
        print(
            json.dumps(
                {
                    "acknowledged": len(self.acknowledged),
                    "lost": lost[:10],
                    "longest_gap_ms": round(self.longest * 1000),
                    "errors": dict(self.errors),
                }
            ),
            flush=True,
        )


def write_with(client, record):
    for key in record.keys():
        try:
            client.set(key, key)
            record.note(key)
        except Exception as error:  # whatever it is: the next write is another one
            record.fail(error)
            time.sleep(0.01)
    record.tell([key for key in record.acknowledged if client.get(key) != key.encode()])


def redis_py(addresses, name, record, **options):
    from redis.backoff import NoBackoff
    from redis.retry import Retry
    from redis.sentinel import Sentinel

    # A write is not sent again by the client, and a node that is down is passed over at once.
    once = Retry(NoBackoff(), 0)
    sentinel = Sentinel(
        addresses,
        sentinel_kwargs={"socket_timeout": 0.5, "retry": once, **options},
        socket_timeout=3,
        retry=once,
        **options,
    )
    write_with(sentinel.master_for(name), record)


def redis_py_defaults(addresses, name, record):
    from redis.sentinel import Sentinel

    write_with(Sentinel(addresses).master_for(name), record)


async def write_async(client, record, is_right):
    for key in record.keys():
        try:
            await client.set(key, key)
            record.note(key)
        except Exception as error:
            record.fail(error)
            await asyncio.sleep(0.01)
    record.tell([key for key in record.acknowledged if not is_right(await client.get(key), key)])


async def coredis(addresses, name, record):
    import coredis.sentinel

    sentinel = coredis.sentinel.Sentinel(addresses, stream_timeout=3)
    async with sentinel:
        client = sentinel.primary_for(name)
        async with client:
            await write_async(client, record, lambda value, key: value == key.encode())


async def glide(addresses, name, record):
    from glide import GlideClient, GlideClientConfiguration, NodeAddress

    nodes = [NodeAddress(host, port) for host, port in addresses]
    client = await GlideClient.create(GlideClientConfiguration(nodes, request_timeout=3000))
    await write_async(client, record, lambda value, key: value == key.encode())
    await client.close()


def main():
    kind, name, *places = sys.argv[1:]
    addresses = [(place.rsplit(":", 1)[0], int(place.rsplit(":", 1)[1])) for place in places]
    record = Record()
    if kind == "redis-py":
        redis_py(addresses, name, record)
    elif kind == "redis-py-resp3":
        redis_py(addresses, name, record, protocol=3)
    elif kind == "redis-py-defaults":
        redis_py_defaults(addresses, name, record)
    elif kind == "coredis":
        asyncio.run(coredis(addresses, name, record))
    elif kind == "glide":
        asyncio.run(glide(addresses, name, record))
    else:
        sys.exit(f"no such client: {kind}")


main()

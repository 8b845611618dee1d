#!/usr/bin/env python3
"""Records what Redis answers to the scripts: record.py SCRIPT..., with redis-server on the PATH.

A script has a line `> COMMAND` for each command, with words as redis-cli reads them. Below it stand the raw reply
(`= REPLY`), with line ends as \\r\\n, or `2 REPLY` and `3 REPLY` where RESP2 and RESP3 differ. A line `! REASON` before
the reply says that Kvorum differs and why; such a reply is kept as it is. Lines with # are for people.
"""
import os, shlex, socket, subprocess, sys, tempfile, time


def words(line):
    """Splits as redis-cli does: "..." with escapes, '...' without."""
    out, i, n = [], 0, len(line)
    while i < n:
        if line[i] == " ":
            i += 1
            continue
        word = bytearray()
        while i < n and line[i] != " ":
            c = line[i]
            if c == '"':
                i += 1
                while line[i] != '"':
                    if line[i] == "\\":
                        i += 1
                        if line[i] == "x":
                            word.append(int(line[i + 1 : i + 3], 16))
                            i += 3
                            continue
                        word += {"n": b"\n", "r": b"\r", "t": b"\t"}.get(line[i], line[i].encode())
                    else:
                        word += line[i].encode()
                    i += 1
                i += 1
            elif c == "'":
                end = line.index("'", i + 1)
                word += line[i + 1 : end].encode()
                i = end + 1
            else:
                word += c.encode()
                i += 1
        out.append(bytes(word))
    return out


class Connection:
    def __init__(self, port, version):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.file = self.socket.makefile("rb")
        if version == 3:
            self.send([b"HELLO", b"3"])
            self.read()

    def send(self, arguments):
        request = b"*%d\r\n" % len(arguments)
        for argument in arguments:
            request += b"$%d\r\n%s\r\n" % (len(argument), argument)
        self.socket.sendall(request)

    def read(self):
        line = self.file.readline()
        mark, rest = line[:1], line[1:-2]
        if mark in b"$=" and rest != b"-1":
            return line + self.file.read(int(rest) + 2)
        if mark in b"*~>%" and rest != b"-1":
            return line + b"".join(self.read() for _ in range(int(rest) * (2 if mark == b"%" else 1)))
        return line


def escaped(reply):
    out = ""
    for byte in reply:
        char = chr(byte)
        if char == "\r":
            out += "\\r"
        elif char == "\n":
            out += "\\n"
        elif char == "\\":
            out += "\\\\"
        elif 32 <= byte < 127:
            out += char
        else:
            out += "\\x%02x" % byte
    return out


def record(path):
    lines = [line.rstrip("\n") for line in open(path, encoding="utf-8")]
    commands = [line[2:] for line in lines if line.startswith("> ")]
    replies = {2: [], 3: []}
    for version in (2, 3):
        with tempfile.TemporaryDirectory() as directory:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            server = subprocess.Popen(
                ["redis-server", "--port", str(port), "--save", "", "--dir", directory, "--bind", "127.0.0.1"],
                stdout=subprocess.DEVNULL)
            try:
                for _ in range(200):
                    try:
                        connection = Connection(port, version)
                        break
                    except OSError:
                        time.sleep(0.05)
                for command in commands:
                    connection.send(words(command))
                    replies[version].append(escaped(connection.read()))
            finally:
                server.terminate()
                server.wait()
    out, place, skips = [], 0, False
    for line in lines:
        if line.startswith("! "):
            skips = True
            # What was recorded just before is replaced by what is kept.
            while out[-1][:2] in ("= ", "2 ", "3 "):
                out.pop()
            out.append(line)
        elif line[:2] in ("= ", "2 ", "3 "):
            if skips:
                out.append(line)
        else:
            out.append(line)
            if line.startswith("> "):
                skips = False
                two, three = replies[2][place], replies[3][place]
                place += 1
                out += ["= " + two] if two == three else ["2 " + two, "3 " + three]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


for script in sys.argv[1:]:
    record(script)

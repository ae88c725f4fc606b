#!/usr/bin/env python3
"""Server CPU per message of several ways to keep a queue in Redis: add, fetch, complete, at batches of 1, 10, 50, 100.

Usage: measure.py [messages] [variant ...]     needs redis-server in the PATH; starts its own, without persistence.
The variants are the Lua files beside this one; `kept` is what src/TaskQ.Redis runs.
"""
import os, socket, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.join(HERE, '..', '..', 'src', 'TaskQ.Redis', 'Scripts')
DEPTH = 16          # calls on their way at a time, as 16 workers of one multiplexed connection make
ROUNDS = 3
RECORD = b'\0' + bytes(16) + b'\0\4task' + b'f' * 100


class Server:
    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, 'redis.sock')
        self.process = subprocess.Popen(
            ['redis-server', '--port', '0', '--unixsocket', self.path, '--save', '', '--appendonly', 'no'],
            stdout=subprocess.DEVNULL, cwd=self.folder.name)
        for _ in range(200):
            try:
                self.socket = socket.socket(socket.AF_UNIX)
                self.socket.connect(self.path)
                break
            except OSError:
                time.sleep(0.02)
        self.file = self.socket.makefile('rb', 1 << 20)

    def send(self, *args):
        parts = [b'*%d\r\n' % len(args)]
        for arg in args:
            if not isinstance(arg, bytes):
                arg = str(arg).encode()
            parts.append(b'$%d\r\n%s\r\n' % (len(arg), arg))
        self.socket.sendall(b''.join(parts))

    def read(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b'-':
            raise RuntimeError(rest.decode())
        if kind == b'+':
            return rest
        if kind == b':':
            return int(rest)
        if kind == b'$':
            return None if rest == b'-1' else self.file.read(int(rest) + 2)[:-2]
        return [self.read() for _ in range(int(rest))]

    def call(self, *args):
        self.send(*args)
        return self.read()

    def info(self):
        return dict(line.split(':', 1) for line in self.call('INFO', 'all').decode().splitlines() if ':' in line)

    def cpu(self):
        info = self.info()
        return float(info['used_cpu_user_main_thread']) + float(info['used_cpu_sys_main_thread'])

    def memory(self):
        return int(self.info()['used_memory'])

    def close(self):
        self.process.kill()
        self.process.wait()


def ids_of(first, count):
    return [b'%016d' % i for i in range(first, first + count)]


class Kept:
    """The scripts of src/TaskQ.Redis, put together as QueueScript.cs does."""
    KEY = 'tq:{v}:j'

    def __init__(self, server):
        read = lambda name: open(os.path.join(SOURCE, name + '.lua')).read()
        load = lambda text: server.call('SCRIPT', 'LOAD', text)
        self.add_hash = load(read('add-plain'))
        self.exchange_hash = load('local function shared()\n' + read('rate') + read('shared') + read('exports') + 'end\n' + read('exchange'))
        self.calls = 0

    def add(self, ids):
        self.calls += 1
        return ['EVALSHA', self.add_hash, 1, self.KEY, 'lane', '%016d' % self.calls, 'PX' if self.calls == 1 else 'KEEPTTL', b''.join(ids), *[RECORD] * len(ids)]

    def step(self, done, lease, count):
        args = ['', count, lease, 30000000, 0, 0, 0, 0, 86400000000, 10000, 0]
        if done:
            args += ['C', done[0], b''.join(i.to_bytes(2, 'big') for i in range(done[1]))]
        return ['EVALSHA', self.exchange_hash, 1, self.KEY, *args]

    def ids(self, reply):
        return len(reply[3] or b'') // 17


class Variant:
    """One file: what stands before `-- step` adds, the rest settles and fetches."""
    KEYS = ['tq:{v}:%s' % k for k in ['j', 'r', 'l', 'b:']]

    def __init__(self, server, name):
        text = open(os.path.join(HERE, name + '.lua')).read()
        add, step = text.split('-- step\n')
        self.hashes = [server.call('SCRIPT', 'LOAD', part) for part in (add, step)]

    def add(self, ids):
        args = [a for i in ids for a in (i, RECORD)]
        return ['EVALSHA', self.hashes[0], len(self.KEYS), *self.KEYS, *args]

    def step(self, done, lease, count):
        args = [count, lease, 30000000] + ([done[0], *done[1]] if done else [])
        return ['EVALSHA', self.hashes[1], len(self.KEYS), *self.KEYS, *args]

    def ids(self, reply):
        return reply[0]


def pipelined(server, calls):
    waiting, replies = 0, []
    for call in calls:
        server.send(*call)
        waiting += 1
        if waiting == DEPTH:
            replies.append(server.read())
            waiting -= 1
    return replies + [server.read() for _ in range(waiting)]


def round_of(server, variant, batch, count):
    server.call('FLUSHALL')
    before = server.cpu(), server.memory()
    pipelined(server, (variant.add(ids_of(i, batch)) for i in range(0, count, batch)))
    added = server.cpu(), server.memory()
    # DEPTH workers: each settles its last batch and fetches the next one with one call.
    done, taken, sent = [None] * DEPTH, 0, 0
    while taken < count or any(done):
        for worker in range(DEPTH):
            lease = b'lease%011d' % sent
            sent += 1
            server.send(*variant.step(done[worker], lease, batch))
            done[worker] = lease
        for worker in range(DEPTH):
            ids = variant.ids(server.read())
            taken += ids if isinstance(ids, int) else len(ids)
            done[worker] = (done[worker], ids) if ids else None
    after = server.cpu()
    return (added[0] - before[0]) / count * 1e6, (after - added[0]) / count * 1e6, (added[1] - before[1]) / count


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40000
    names = sys.argv[2:] or ['kept'] + sorted(f[:-4] for f in os.listdir(HERE) if f.endswith('.lua'))
    server = Server()
    try:
        print('%-28s %5s %8s %12s %8s %10s' % ('variant', 'batch', 'add us', 'rest us', 'sum us', 'bytes'))
        for name in names:
            variant = Kept(server) if name == 'kept' else Variant(server, name)
            for batch in (1, 10, 50, 100):
                rows = [round_of(server, variant, batch, count // batch * batch) for _ in range(ROUNDS)]
                add, rest, memory = (statistics.median(column) for column in zip(*rows))
                print('%-28s %5d %8.2f %12.2f %8.2f %10.0f' % (name, batch, add, rest, add + rest, memory), flush=True)
    finally:
        server.close()


if __name__ == '__main__':
    main()

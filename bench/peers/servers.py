"""The stores: processes of our own that keep their data in a temporary folder."""

import atexit
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

PATIENCE = 20


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Redis:
    """redis-server without persistence, with the settings of TaskQ's bench."""

    def __init__(self):
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.folder = tempfile.mkdtemp(prefix="taskq-peers-")
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder,
             "--save", "", "--appendonly", "no", "--daemonize", "no"],
            stdout=subprocess.DEVNULL, start_new_session=True)
        atexit.register(self.close)
        end = time.monotonic() + PATIENCE
        while not self._ask("PING").startswith(b"+PONG"):
            if time.monotonic() > end:
                raise RuntimeError("redis-server did not start")
            time.sleep(0.02)

    def clear(self):
        self._ask("FLUSHALL SYNC")

    def version(self):
        line = next(line for line in self._ask("INFO server").split(b"\r\n") if line.startswith(b"redis_version:"))
        return "Redis " + line.split(b":")[1].decode()

    def close(self):
        atexit.unregister(self.close)
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder)

    def _ask(self, command):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=60) as connection:
                connection.sendall(f"{command}\r\n".encode())
                return connection.recv(65536)
        except ConnectionRefusedError:
            return b""


class Postgres:
    """A PostgreSQL cluster as initdb makes it; each run has a new database."""

    NAME = "peers"

    def __init__(self):
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="taskq-peers-")
        os.chmod(self.folder, 0o755)
        data = os.path.join(self.folder, "data")
        os.mkdir(data)
        self.as_user = []
        if os.geteuid() == 0:  # the server refuses to run as root
            shutil.chown(data, "postgres", "postgres")
            self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        self._run("initdb", "-D", data, "-U", "peers", "--auth=trust", "--encoding=UTF8", "--locale=C")
        self.process = subprocess.Popen(
            [*self.as_user, f"{self.bin}/postgres", "-D", data, "-p", str(self.port),
             "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={data}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", start_new_session=True)
        atexit.register(self.close)
        end = time.monotonic() + PATIENCE
        while subprocess.run([f"{self.bin}/pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode != 0:
            if time.monotonic() > end:
                raise RuntimeError("postgres did not start")
            time.sleep(0.05)
        self.url = f"postgres://peers@127.0.0.1:{self.port}/{self.NAME}"

    def clear(self):
        for command, *options in (("dropdb", "--if-exists", "--force"), ("createdb",)):
            self._run(command, *options, "-h", "127.0.0.1", "-p", str(self.port), "-U", "peers", self.NAME, user=False)

    def version(self):
        output = subprocess.run([f"{self.bin}/postgres", "--version"], capture_output=True, text=True, check=True).stdout
        return "PostgreSQL " + output.split()[2]

    def close(self):
        atexit.unregister(self.close)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        shutil.rmtree(self.folder)

    def _run(self, command, *arguments, user=True):
        done = subprocess.run([*(self.as_user if user else []), f"{self.bin}/{command}", *arguments],
                              capture_output=True, text=True, cwd="/")
        if done.returncode != 0:
            raise RuntimeError(f"{command} failed: {done.stderr.strip()}")


class Nothing:
    """The store of what runs in one process."""

    url = ""

    def clear(self):
        pass

    def version(self):
        return "none"

    def close(self):
        pass


START = {"redis": Redis, "postgres": Postgres, "memory": Nothing}

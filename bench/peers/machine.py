"""What the figures were measured on, and the versions of what was compared."""

import json
import os
import platform
import re
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
NPM = ["bullmq", "ioredis", "bee-queue", "graphile-worker", "pg"]
DEBIAN = ["ruby-sidekiq", "ruby-redis", "ruby-hiredis", "python3-celery", "python3-redis"]


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def field(path, name):
    with open(path, encoding="utf-8") as file:
        return next((line.split(":", 1)[1].strip() for line in file if line.startswith(name)), "unknown")


def describe():
    memory = int(field("/proc/meminfo", "MemTotal").split()[0]) / 2**20
    system = platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{os.cpu_count()} cores, {field('/proc/cpuinfo', 'model name')}, {memory:.0f} GiB, {system}"


def runtime():
    """The newest .NET runtime, which the programs roll forward to."""
    lines = [line.split() for line in output("dotnet", "--list-runtimes").splitlines()]
    return next((version for name, version, *_ in reversed(lines) if name == "Microsoft.NETCore.App"), "")


def versions(tools):
    """Name to version; what is not there is left out."""
    found = {"TaskQ": output("git", "describe", "--always", "--dirty"), ".NET": runtime(),
             "Node.js": output(tools.node, "--version"), "Ruby": output("ruby", "-e", "print RUBY_VERSION"),
             "Python": output("/usr/bin/python3", "-c", "import platform; print(platform.python_version())")}
    for name in NPM:
        path = os.path.join(tools.cache, "npm", "node_modules", name, "package.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                found[name] = json.load(file)["version"]
    for name in DEBIAN:
        found[name] = output("dpkg-query", "-W", "-f", "${Version}", name)
    with open(os.path.join(HERE, "memory", "masstransit-peer.cs"), encoding="utf-8") as file:
        found["MassTransit"] = re.search(r"#:package MassTransit@(\S+)", file.read()).group(1)
    return {name: version for name, version in found.items() if version}

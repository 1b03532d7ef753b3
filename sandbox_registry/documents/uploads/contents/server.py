"""The process that inspects files: it reads two paths a line and answers a judgement a line, both JSON.

The first path is that of the file, the second where a copy of it may be written.

Each file is looked at by a child that may use so much processor time, memory and wall clock and write that copy alone, and knows no
secret: it has no environment, no database and no other file of ours. A child that goes over its limits is ended by the system.
The program ends with its input.
"""

import gc
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from sandbox_registry.documents.uploads.contents.judgement import Unacceptable, Unsafe
from sandbox_registry.documents.uploads.contents.recognition import accept

CPU_SECONDS = 10
WALL_SECONDS = 20
NICENESS = 10
MEMORY_BYTES = 1024 * 1024 * 1024
"""What an inspection may take beside the file itself, which two readers may map."""
COPY_BYTES = 64 * 1024 * 1024
"""What a copy may have beside twice the bytes of the file."""
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_CPU: CPU_SECONDS,
    resource.RLIMIT_NOFILE: 32,
}


def main() -> None:
    """Answer until the input ends, giving way to the serving process."""
    os.nice(NICENESS)
    gc.freeze()
    for line in sys.stdin.buffer:
        answer = _inspected(*map(Path, json.loads(line)))
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


def _inspected(path: Path, copy: Path) -> dict[str, Any]:
    """Let a child look at a file; return its judgement and the seconds of processor time it took."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        # The end of this program must be seen by who waits for it, though its child goes on.
        os.close(sys.stdin.fileno())
        os.close(sys.stdout.fileno())
        _work(path, copy, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        answer = answers.read()
    _, status, used = os.wait4(child, 0)
    return answer_of(answer, status=status, seconds=used.ru_utime + used.ru_stime)


def answer_of(written: bytes, *, status: int, seconds: float) -> dict[str, Any]:
    """Say what a child found; one that did not come to its end went over its limits."""
    judgement = json.loads(written) if status == 0 and written else {"refusal": "inspection_exceeded", "params": {}}
    return {**judgement, "seconds": seconds}


def _work(path: Path, copy: Path, writing: int) -> None:
    status = 1
    try:
        size = path.stat().st_size
        limits = {resource.RLIMIT_AS: MEMORY_BYTES + 2 * size, resource.RLIMIT_FSIZE: COPY_BYTES + 2 * size}
        os.umask(0o077)
        for limit, value in {**_LIMITS, **limits}.items():
            resource.setrlimit(limit, (value, value))
        signal.alarm(WALL_SECONDS)
        os.write(writing, json.dumps(judged(path, copy)).encode())
        status = 0
    finally:
        os._exit(status)


def judged(path: Path, copy: Path) -> dict[str, Any]:
    """Look at a file, and say in plain data what it is or why it is not taken."""
    try:
        kind, is_copy = accept(path, copy)
    except Unacceptable as error:
        params = {
            name: {"key": value.key, "count": value.count} if isinstance(value, Unsafe) else value
            for name, value in error.params.items()
        }
        return {"refusal": error.code, "params": params}
    return {"kind": kind.extension, "is_copy": is_copy}


if __name__ == "__main__":
    main()

"""Become the program named on the command line, and be stopped when the parent dies, by `kill -9` too.

    python lifeline.py PARENT PROGRAM [WORD …]

`PARENT` is the process that starts us. Asked of the system it might be another already: whoever is killed right after
starting us is gone before we get to ask.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1

if __name__ == "__main__":
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606

"""The process of a tracker, which `bench.tracking.channel` starts: with its end of a pipe, and whom it serves."""

import sys

from bench.tracking.child import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]), parent=int(sys.argv[2]))

"""The process of a tracker, which `bench.tracking.channel` starts with the number of its end of a pipe."""

import sys

from bench.tracking.child import serve

if __name__ == "__main__":
    serve(int(sys.argv[1]))

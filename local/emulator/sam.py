"""The SAM command line, whose packages are compressed as little as the emulator needs.

A deployment zips nearly a gigabyte of programs: forty seconds at the usual level, ten at the fastest.
"""

import sys
import zlib

# The level that zipfile takes when it is told none, and SAM tells it none.
zlib.Z_DEFAULT_COMPRESSION = zlib.Z_BEST_SPEED

from samcli.cli.main import cli  # noqa: E402 - with the level that it finds

if __name__ == "__main__":
    sys.exit(cli(prog_name="sam"))

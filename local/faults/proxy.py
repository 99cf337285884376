"""microburst, as a storm starts it between functions and emulator.

    proxy.py PORT UPSTREAM

Functions sign the host that they call, and the emulator compares signatures; microburst would put the emulator's host in
its place. Here it stays, so that each function is still its role. Nothing of the installed package is changed on the disk.
"""

import sys

from microburst.cli import main
from microburst.core import pipeline
from microburst.forward import Upstream


class HostKept(Upstream):
    """Forwards a request under the host that was signed."""

    def _outbound_headers(self, request):
        return {**super()._outbound_headers(request), "host": request.headers["Host"]}


if __name__ == "__main__":
    match sys.argv[1:]:
        case [port, upstream]:
            pipeline.Upstream = HostKept
            sys.exit(main(["--port", port, "--upstream", upstream, "--no-resign"]))
        case _:
            raise SystemExit(__doc__)

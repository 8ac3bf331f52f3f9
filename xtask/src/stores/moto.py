"""moto, one request at a time.

It looks whether an object is there and then writes it, each request in a thread of its own and
without a lock, so that of two conditional writes to one key both may succeed: the more easily, the
busier the machine is. A store that does that loses commits, and nobody could tell whose fault it was.
"""

import sys
import threading

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

application = DomainDispatcherApplication(create_backend_app)
turn = threading.Lock()


def one_at_a_time(environ, start_response):
    with turn:
        return list(application(environ, start_response))


host, port = sys.argv[1:]
run_simple(host, int(port), one_at_a_time, threaded=True, request_handler=MotoRequestHandler)

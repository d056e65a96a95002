"""What every Python peer needs: its command line, one JSON value per line of output, and an end with its test."""

import argparse
import json
import os
import sys
import threading


def _end_with_the_test():
    # Not sys.stdin, whose lock an exit of the script would wait for.
    while os.read(0, 65536):
        pass
    os._exit(3)


# Started by a test, a script ends with the test: nothing else holds the other end of its standard input.
if os.environ.get("HEADGATE_INTEROP"):
    threading.Thread(target=_end_with_the_test, daemon=True).start()


def arguments(usage, **defaults):
    """Command-line arguments by the given defaults; an unknown option ends the script with status 2."""
    parser = argparse.ArgumentParser(usage=usage)
    parser.add_argument("url", nargs="?")
    for name, value in defaults.items():
        parser.add_argument(f"--{name.replace('_', '-')}", default=value, type=type(value))
    return parser.parse_args()


def tell(value):
    """One value on one line of standard output, which carries nothing else."""
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()

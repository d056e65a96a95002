import sys
from importlib.metadata import version

from peer import tell

tell({"version": version(sys.argv[1]), "python": sys.version.split()[0]})

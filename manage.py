"""Django's own command line; people use `./majlis`."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")

from django.core.management import execute_from_command_line

execute_from_command_line(sys.argv)

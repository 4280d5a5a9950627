"""Settings, addresses of the house, and the server it brings along.

Whatever runs the house reads this first, so here Python is told to take time zones from the locked `tzdata` package and
not from the machine, whose own may be years old: laws about clocks change a few times a year, and hours here must be
those of PostgreSQL (`./majlis doctor` compares the two)."""

import zoneinfo

zoneinfo.reset_tzpath(to=())

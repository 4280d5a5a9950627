"""One file per command: `COMMANDS` (names and help), `ORDER`, `arguments(parser)`, `run(asked)`."""

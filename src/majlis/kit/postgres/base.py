"""Django's backend for PostgreSQL, with a pool that looks at a connection before it hands it out.

A connection that died with a restarted server must be found out when it is taken, not by a visitor. Django's own way
(`CONN_HEALTH_CHECKS`) asks the server once for every answer. A server that goes away closes its end, or says why: then
there is something to read, and only then is it asked."""

import select
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg_pool import ConnectionPool


class DatabaseWrapper(base.DatabaseWrapper):
    """The backend `majlis.kit.postgres`."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """A connection that lives."""
        while True:
            found = super().get_new_connection(conn_params)
            if not self.pool or alive(found):
                return found
            self.pool.putconn(found)  # which throws it away, and makes another

    def _set_autocommit(self, autocommit: bool) -> None:
        # A connection of the pool has it set already; the driver would look into its state first, for every answer.
        if self.connection.autocommit != autocommit:
            super()._set_autocommit(autocommit)  # type: ignore[misc]


def alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server is still there, as far as one sees without asking when all is quiet."""
    try:
        quiet = select.poll()
        quiet.register(connection.fileno(), select.POLLIN)
        if quiet.poll(0):
            ConnectionPool.check_connection(connection)
    except psycopg.OperationalError:
        return False
    return True

"""The peer of bench/stream.py: a bare `websockets` hub that hears PostgreSQL's NOTIFY and broadcasts to a room."""

import sys
from collections import defaultdict

import psycopg
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(url: str, port: int) -> None:
    """Serve `/room` on `port`; payloads are `room|text`."""
    rooms: dict[str, set[ServerConnection]] = defaultdict(set)

    async def welcome(connection: ServerConnection) -> None:
        room = connection.request.path.strip("/")
        rooms[room].add(connection)
        await connection.send('{"hello": 1}')
        try:
            await connection.wait_closed()
        finally:
            rooms[room].discard(connection)

    async with (
        serve(welcome, "127.0.0.1", port, compression=None, ping_interval=None),
        await psycopg.AsyncConnection.connect(url, autocommit=True) as line,
    ):
        await line.execute("LISTEN bench_rooms")
        async for note in line.notifies():
            room, _, text = note.payload.partition("|")
            broadcast(rooms[room], text)


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(sys.argv[1], int(sys.argv[2])))

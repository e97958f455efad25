import asyncio
import sys

import websockets


async def echo(connection, *path):
    async for message in connection:
        await connection.send(message)


async def main():
    async with websockets.serve(echo, '127.0.0.1', int(sys.argv[1]), max_size=2**24):
        await asyncio.Future()


asyncio.run(main())

"""What python-websockets.spec.ts talks to: one behaviour per path. Arguments: port, and for TLS certificate and key."""

import asyncio
import http
import json
import signal
import ssl
import sys
from urllib.parse import parse_qs, urlsplit

import websockets


async def serve(websocket, path):
    url = urlsplit(path)
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    behaviour = url.path.strip("/")

    if behaviour == "echo":
        async for message in websocket:
            await websocket.send(message)
    elif behaviour == "close":
        await websocket.close(int(query["code"]), query.get("reason", ""))
    elif behaviour == "close-code":
        # Reports what the client closed with, to the connection that asks for it next.
        try:
            async for _ in websocket:
                pass
        finally:
            await closes.put([websocket.close_code, websocket.close_reason])
    elif behaviour == "last-close":
        await websocket.send(json.dumps(await closes.get(), ensure_ascii=False, separators=(",", ":")))
    elif behaviour == "fragments":
        # An iterable makes a fragmented message; control frames may come between its frames.
        async for message in websocket:
            size = int(query["size"])
            await websocket.send([message[at : at + size] for at in range(0, len(message), size)])
    elif behaviour == "ping":
        for payload in (b"", b"x" * 125, b"\x00\xff"):
            await (await websocket.ping(payload))
        await websocket.send("all pongs came")
    elif behaviour == "headers":
        await websocket.send(json.dumps(list(websocket.request_headers.raw_items())))
    elif behaviour == "count":
        # Messages go out as fast as they can, and the sum of what the client received comes back.
        for number in range(int(query["messages"])):
            await websocket.send(str(number))
        await websocket.send(await websocket.recv())
    elif behaviour == "bytes":
        await websocket.send(bytes(range(256)) * (int(query["size"]) // 256))


async def refuse(path, headers):
    if path == "/unauthorized":
        return http.HTTPStatus.UNAUTHORIZED, [("WWW-Authenticate", 'Basic realm="spec"'), ("X-Twice", "1"), ("X-Twice", "2")], b"who are you?\n"
    return None


async def main():
    global closes
    closes = asyncio.Queue()
    port, *identity = sys.argv[1:]
    context = None
    if identity:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*identity)
    stop = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set_result, None)
    async with websockets.serve(
        serve,
        "127.0.0.1",
        int(port),
        ssl=context,
        subprotocols=["superchat", "chat"],
        process_request=refuse,
        max_size=2**24,
        close_timeout=1,
    ):
        await stop


asyncio.run(main())

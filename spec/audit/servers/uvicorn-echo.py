import sys

import uvicorn


async def echo(scope, receive, send):
    if scope['type'] != 'websocket':
        return
    while True:
        event = await receive()
        if event['type'] == 'websocket.connect':
            await send({'type': 'websocket.accept'})
        elif event['type'] == 'websocket.disconnect':
            return
        elif event.get('text') is not None:
            await send({'type': 'websocket.send', 'text': event['text']})
        else:
            await send({'type': 'websocket.send', 'bytes': event['bytes']})


uvicorn.run(echo, host='127.0.0.1', port=int(sys.argv[1]), ws=sys.argv[2], log_level='critical', lifespan='off')

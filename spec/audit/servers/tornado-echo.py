import sys

from tornado import ioloop, web, websocket


class Echo(websocket.WebSocketHandler):
    def on_message(self, message):
        self.write_message(message, binary=isinstance(message, bytes))

    def get_compression_options(self):
        return {}


web.Application([('/', Echo)]).listen(int(sys.argv[1]), '127.0.0.1')
ioloop.IOLoop.current().start()

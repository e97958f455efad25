/** Servers that misbehave on purpose, and what a program learns of each. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { acceptance, closeFrame, frame, type Link, text } from './link.js';
import { greeting } from './scripted.js';

export interface Fault {
  readonly title: string;
  readonly script: (link: Link) => void | Promise<void>;
  /** What the `error` event's message says; none: there is no such event. */
  readonly error?: RegExp;
  /** The `error` event's data; `'0'` when there was no response. */
  readonly data?: string;
}

export interface OpenFault extends Fault {
  /** The code of the `close` event. */
  readonly close: number;
}

const never = new Promise<void>(() => {});

/** Answers the request with these bytes and ends. */
const answer =
  (reply: string | Uint8Array) =>
  async (link: Link): Promise<void> => {
    await link.request();
    link.end(reply);
  };

const refusal = (status: string, body: string, fields = ''): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;

/** Answers with a 101 in which something has been changed. */
const answerChanged =
  (change: (head: string) => string) =>
  async (link: Link): Promise<void> => {
    const request = await link.request();
    link.end(Buffer.from(change(acceptance(request).toString('latin1')), 'latin1'));
  };

/** Connect fails: an `error` event, no `close` event. With a handshakeTimeout of a second at most. */
export const handshakeFaults: readonly Fault[] = [
  { title: 'never answers', script: () => never, error: /handshakeTimeout/, data: '0' },
  {
    title: 'accepts the connection and half-closes',
    script: (link) => link.end(),
    error: /closed the connection without an answer/,
    data: '0',
  },
  {
    title: 'resets the connection at once',
    script: (link) => link.reset(),
    error: /reset|EPIPE|without an answer/i,
    data: '0',
  },
  {
    title: 'resets in the middle of its response head',
    script: async (link) => {
      await link.request();
      link.socket.write('HTTP/1.1 101 Switch', () => link.reset());
    },
    error: /reset|after 19 bytes/i,
    data: '0',
  },
  {
    title: 'ends in the middle of its response head',
    script: answer('HTTP/1.1 101 Switching Protocols\r\nUpgra'),
    error: /the head is complete.*after 39 bytes/,
    data: '0',
  },
  {
    title: 'answers 200 with a page',
    script: answer(refusal('200 OK', '<h1>Hello</h1>')),
    error: /200 OK/,
    data: '200',
  },
  {
    title: 'answers 301',
    script: answer(refusal('301 Moved Permanently', 'moved', 'Location: ws://elsewhere.test/\r\n')),
    error: /301 Moved Permanently/,
    data: '301',
  },
  { title: 'answers 401', script: answer(refusal('401 Unauthorized', 'who?')), error: /401 Unauthorized/, data: '401' },
  {
    title: 'answers 426',
    script: answer(refusal('426 Upgrade Required', 'v13', 'Sec-WebSocket-Version: 13\r\n')),
    error: /426 Upgrade Required/,
    data: '426',
  },
  { title: 'answers 503', script: answer(refusal('503 Service Unavailable', 'later')), error: /503/, data: '503' },
  { title: 'answers without a reason', script: answer('HTTP/1.1 404\r\n\r\n'), error: /404/, data: '404' },
  {
    title: 'answers garbage',
    script: answer('\x00\x01\x02garbage\r\n\r\n'),
    error: /status line|RFC 9112/i,
    data: '0',
  },
  {
    title: 'speaks another protocol',
    script: (link) => link.end('SSH-2.0-OpenSSH_9.2\r\n'),
    error: /does not speak HTTP/,
    data: '0',
  },
  {
    title: 'sends an endless header line',
    script: async (link) => {
      await link.request();
      link.write('HTTP/1.1 101 Switching Protocols\r\nX: ');
      while (link.socket.writable) await new Promise((resolve) => link.socket.write('x'.repeat(4096), resolve));
    },
    error: /16384 bytes/,
    data: '0',
  },
  {
    title: 'sends header fields without end',
    script: async (link) => {
      await link.request();
      link.write('HTTP/1.1 101 Switching Protocols\r\n');
      while (link.socket.writable) await new Promise((resolve) => link.socket.write('X: y\r\n'.repeat(500), resolve));
    },
    error: /128 fields/,
    data: '0',
  },
  {
    title: 'writes its head a byte at a time and never ends it',
    script: async (link) => {
      await link.request();
      await link.writeSlowly(Buffer.from('HTTP/1.1 101 Switching Protocols\r\n'));
      await never;
    },
    error: /handshakeTimeout/,
    data: '0',
  },
  {
    title: 'refuses and leaves out the body it announced',
    script: async (link) => {
      await link.request();
      link.write('HTTP/1.1 403 Forbidden\r\nContent-Length: 100\r\n\r\nno');
      await never;
    },
    error: /403 Forbidden/,
    data: '403',
  },
  {
    title: 'answers with the Accept of another key',
    script: answerChanged((head) => head.replace(/Accept: .*/, 'Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=')),
    error: /Sec-WebSocket-Accept/,
    data: '101',
  },
  {
    title: 'leaves Accept out',
    script: answerChanged((head) => head.replace(/Sec-WebSocket-Accept: .*\r\n/, '')),
    error: /Sec-WebSocket-Accept/,
    data: '101',
  },
  {
    title: 'leaves Upgrade out',
    script: answerChanged((head) => head.replace('Upgrade: websocket\r\n', '')),
    error: /Upgrade/,
    data: '101',
  },
  {
    title: 'leaves Connection out',
    script: answerChanged((head) => head.replace('Connection: Upgrade\r\n', '')),
    error: /Connection/,
    data: '101',
  },
  {
    title: 'chooses a subprotocol that was not offered',
    script: answerChanged((head) => head.replace('\r\n\r\n', '\r\nSec-WebSocket-Protocol: surprise\r\n\r\n')),
    error: /surprise/,
    data: '101',
  },
  {
    title: 'accepts an extension that was not offered',
    script: answerChanged((head) =>
      head.replace('\r\n\r\n', '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n'),
    ),
    error: /permessage-deflate/,
    data: '101',
  },
  {
    title: 'answers with HTTP/1.0',
    script: answerChanged((head) => head.replace('HTTP/1.1', 'HTTP/1.0')),
    error: /HTTP\/1\.1/,
    data: '101',
  },
];

const data = '0';

/** Connect succeeds, then the connection ends: exactly one `close` event, after an `error` event if it is a failure. */
export const openFaults: readonly OpenFault[] = [
  {
    title: 'ends without a Close frame',
    script: async (link) => {
      await link.accept();
      link.end();
    },
    error: /without a Close frame/,
    data,
    close: 1006,
  },
  {
    title: 'resets the connection',
    script: async (link) => {
      await link.accept();
      setImmediate(() => link.reset());
    },
    error: /without a Close frame/,
    data,
    close: 1006,
  },
  {
    title: 'resets in the middle of a frame',
    script: async (link) => {
      await link.accept();
      link.socket.write(text('cut off').subarray(0, 4), () => setImmediate(() => link.reset()));
    },
    error: /without a Close frame/,
    data,
    close: 1006,
  },
  {
    title: 'ends in the middle of a message',
    script: async (link) => {
      await link.accept([], frame(Opcode.text, 'begun', { fin: false }));
      link.end();
    },
    error: /without a Close frame/,
    data,
    close: 1006,
  },
  { title: 'closes without a code', script: greeting(closeFrame()), close: 1005 },
  { title: 'closes with a code', script: greeting(closeFrame(1011, 'oops')), close: 1011 },
  {
    title: 'sends its Close frame and never ends the connection',
    script: async (link) => {
      await link.accept([], closeFrame(1000));
      await never;
    },
    close: 1000,
  },
  {
    title: 'goes on talking after its Close frame',
    script: greeting(closeFrame(1001), text('still here')),
    close: 1001,
  },
  {
    title: 'masks its frames',
    script: greeting(frame(Opcode.text, 'x', { masked: true })),
    error: /mask/,
    data,
    close: 1002,
  },
  { title: 'sets RSV1', script: greeting(frame(Opcode.text, 'x', { rsv: 4 })), error: /RSV1/, data, close: 1002 },
  { title: 'uses a reserved opcode', script: greeting(frame(3)), error: /opcode/, data, close: 1002 },
  {
    title: 'fragments a ping',
    script: greeting(frame(Opcode.ping, '', { fin: false })),
    error: /fragmented/,
    data,
    close: 1002,
  },
  {
    title: 'sends a ping of 126 bytes',
    script: greeting(frame(Opcode.ping, 'x'.repeat(126))),
    error: /125/,
    data,
    close: 1002,
  },
  {
    title: 'continues no message',
    script: greeting(frame(Opcode.continuation)),
    error: /continuation/,
    data,
    close: 1002,
  },
  {
    title: 'begins a message inside another',
    script: greeting(frame(Opcode.text, 'a', { fin: false }), text('b')),
    error: /new message/,
    data,
    close: 1002,
  },
  {
    title: 'wastes length bytes',
    script: greeting(frame(Opcode.text, 'x', { lengthBits: 16 })),
    error: /fewest/,
    data,
    close: 1002,
  },
  {
    title: 'sends text that is not UTF-8',
    script: greeting(frame(Opcode.text, Uint8Array.of(0xff))),
    error: /UTF-8/,
    data,
    close: 1007,
  },
  {
    title: 'sends a first fragment that cannot become UTF-8, and no more',
    script: greeting(frame(Opcode.text, Uint8Array.of(0xed, 0xa0), { fin: false })),
    error: /UTF-8/,
    data,
    close: 1007,
  },
  {
    title: 'announces a message above maxMessageSize',
    script: greeting(frame(Opcode.binary, '', { length: 2 ** 40 })),
    error: /maxMessageSize/,
    data,
    close: 1009,
  },
  { title: 'closes with code 1005', script: greeting(closeFrame(1005)), error: /1005/, data, close: 1002 },
  { title: 'closes with code 999', script: greeting(closeFrame(999)), error: /999/, data, close: 1002 },
  { title: 'closes with 1 byte', script: greeting(frame(Opcode.close, 'x')), error: /1 byte/, data, close: 1002 },
  {
    title: 'closes with a reason that is not UTF-8',
    script: greeting(frame(Opcode.close, Uint8Array.of(0x03, 0xe8, 0xc0))),
    error: /UTF-8/,
    data,
    close: 1007,
  },
];

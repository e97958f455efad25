import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { controls, messages, setAllowedDomains, toEmitter } from '../../lib/index.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { WebSocket, type WebSocketEventMap } from '../../lib/web/websocket.js';
import { closeFrame, frame, type Link, text } from '../peer/link.js';
import { correct, type Scope, type Script, startPeer } from '../peer/scripted.js';

const options = { proxy: 'no-proxy' } as const;
const exception = (name: string) => (error: unknown) => error instanceof DOMException && error.name === name;

function next<T extends keyof WebSocketEventMap>(ws: WebSocket, type: T): Promise<WebSocketEventMap[T]> {
  return new Promise((resolve) => ws.addEventListener(type, resolve, { once: true }));
}

/** Everything that a WebSocket reports to its end, as short texts. */
function logOf(ws: WebSocket): { readonly log: string[]; readonly closed: Promise<unknown> } {
  const log: string[] = [];
  ws.addEventListener('open', () => log.push(`open ${ws.readyState}`));
  ws.addEventListener('message', ({ data }) => log.push(`message ${data}`));
  ws.addEventListener('error', ({ message }) => log.push(`error ${ws.readyState} ${message}`));
  ws.addEventListener('close', ({ code, reason, wasClean }) =>
    log.push(`close ${ws.readyState} ${code} ${reason} ${wasClean}`),
  );
  return { log, closed: next(ws, 'close') };
}

async function opened(t: Scope, script: Script = correct): Promise<WebSocket> {
  const peer = await startPeer(t, script);
  const ws = new WebSocket(peer.url, options);
  await next(ws, 'open');
  return ws;
}

describe('the interface of WebSocket', () => {
  it('has the attributes, methods and constants of the standard', () => {
    assert.deepEqual([WebSocket.length, WebSocket.name, WebSocket.prototype.send.length], [1, 'WebSocket', 1]);
    assert.equal(WebSocket.prototype.close.length, 0);
    for (const [value, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
      for (const holder of [WebSocket, WebSocket.prototype]) {
        const descriptor = Object.getOwnPropertyDescriptor(holder, name);
        assert.deepEqual(descriptor, { value, writable: false, enumerable: true, configurable: false });
      }
    }
    assert.equal(Object.prototype.toString.call(WebSocket.prototype), '[object WebSocket]');
    const enumerable = Object.keys(WebSocket.prototype);
    const names = ['url', 'readyState', 'bufferedAmount', 'onopen', 'onerror', 'onclose', 'extensions', 'protocol'];
    for (const name of names) assert.ok(enumerable.includes(name), name);
  });

  it('refuses objects that are not a WebSocket', () => {
    const { get } = Object.getOwnPropertyDescriptor(WebSocket.prototype, 'readyState')!;
    assert.throws(() => get!.call({}), TypeError);
    assert.throws(() => WebSocket.prototype.send.call(Object.create(WebSocket.prototype) as WebSocket, 'x'), TypeError);
    assert.throws(() => (WebSocket as unknown as () => void)(), TypeError);
    assert.throws(() => new (WebSocket as unknown as new () => unknown)(), TypeError);
  });

  it('refuses bad URLs, subprotocols and options at once', () => {
    assert.throws(() => new WebSocket('nowhere'), exception('SyntaxError'));
    assert.throws(() => new WebSocket('ws://127.0.0.1:1/#x'), exception('SyntaxError'));
    assert.throws(() => new WebSocket('ws://127.0.0.1:1/', ['a', 'a']), exception('SyntaxError'));
    assert.throws(() => new WebSocket('ws://127.0.0.1:1/', { protocols: 'a b' }), exception('SyntaxError'));
    assert.throws(() => new WebSocket('ws://127.0.0.1:1/', { maxMessageSize: -1 }), {
      name: 'TypeError',
      message: /maxMessageSize must be an integer of at least 0/,
    });
  });
});

describe('a WebSocket', () => {
  it('opens, exchanges messages and closes', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = new WebSocket(peer.url, options);
    assert.deepEqual([ws.readyState, ws.url, ws.protocol, ws.extensions, ws.binaryType], [0, peer.url, '', '', 'blob']);
    const { log, closed } = logOf(ws);
    assert.throws(() => ws.send('early'), exception('InvalidStateError'));
    await next(ws, 'open');
    ws.send('h\u00e9llo');
    assert.equal(ws.bufferedAmount, 6);
    await next(ws, 'message');
    assert.equal(ws.bufferedAmount, 0);
    ws.close(4000, 'bye');
    ws.close();
    assert.equal(ws.readyState, 2);
    ws.send('late');
    await closed;
    assert.deepEqual(log, ['open 1', 'message h\u00e9llo', 'close 3 4000 bye true']);
    assert.equal(ws.bufferedAmount, 4);
  });

  it('offers subprotocols, and fails when the server chooses none of them', async (t) => {
    const peer = await startPeer(t, async (link) => {
      const request = await link.accept(['Sec-WebSocket-Protocol: two']);
      assert.deepEqual(request.values('sec-websocket-protocol'), ['one, two']);
      await link.serve();
    });
    const ws = new WebSocket(peer.url, { ...options, protocols: ['one', 'two'] });
    await next(ws, 'open');
    assert.equal(ws.protocol, 'two');
    ws.close();
    const silent = await startPeer(t, correct);
    const refused = logOf(new WebSocket(silent.url, { ...options, protocols: 'one' }));
    await refused.closed;
    assert.deepEqual(refused.log, [
      'error 3 The server chose none of the subprotocols that were offered.',
      'close 3 1006  false',
    ]);
  });

  it('sends the headers of its options, by either name', async (t) => {
    const seen: string[] = [];
    const peer = await startPeer(t, async (link) => {
      seen.push(...(await link.accept()).values('x-who'));
      await link.serve();
    });
    for (const init of [{ header: { 'X-Who': 'a' } }, { headers: new Headers({ 'X-Who': 'b' }) }]) {
      const ws = new WebSocket(peer.url, { ...options, ...init });
      await next(ws, 'open');
      ws.close();
      await next(ws, 'close');
    }
    assert.deepEqual(seen, ['a', 'b']);
  });

  it('delivers binary messages as binaryType says, and ignores wrong values of it', async (t) => {
    const ws = await opened(t);
    const bytes = Uint8Array.of(1, 2, 3);
    ws.send(bytes);
    const { data: blob } = await next(ws, 'message');
    assert.ok(blob instanceof Blob);
    assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), bytes);
    ws.binaryType = 'arraybuffer';
    ws.binaryType = 'nodebuffer' as 'blob';
    assert.equal(ws.binaryType, 'arraybuffer');
    ws.send(bytes.buffer);
    const { data: buffer } = await next(ws, 'message');
    assert.deepEqual(new Uint8Array(buffer as ArrayBuffer), bytes);
    ws.close();
  });

  it('sends a Blob in its turn, and close waits for it', async (t) => {
    const got: string[] = [];
    const ws = await opened(t, async (link) => {
      await link.accept();
      for (let one = await link.frame(); one !== undefined; one = await link.frame()) {
        got.push(`${one.opcode} ${one.fin} ${one.payload.length}`);
        if (one.opcode === Opcode.close) return link.end(frame(Opcode.close, one.payload));
      }
    });
    ws.send('a');
    ws.send(new Blob(['bb']));
    ws.send('ccc');
    assert.equal(ws.bufferedAmount, 6);
    ws.send(new Blob([Buffer.alloc((1 << 20) + 1)]));
    ws.close();
    assert.equal(ws.readyState, 2);
    const { wasClean, code } = await next(ws, 'close');
    assert.deepEqual([wasClean, code, ws.bufferedAmount], [true, 1005, 0]);
    assert.deepEqual(got.slice(0, 3), ['1 true 1', '2 true 2', '1 true 3']);
    // More than 1 MiB leaves in pieces.
    assert.equal(got[3], '2 false 65536');
    assert.match(got.at(-2)!, /^0 true [01]$/);
    assert.equal(got.at(-1), '8 true 0');
  });

  it('closes as the server says although a Blob is still being read', async (t) => {
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    let end!: () => void;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const ws = await opened(t, async (link) => {
      await link.accept();
      await link.frame();
      link.write(closeFrame(3001, 'go'));
      await link.frameOf(Opcode.close);
      await ended;
      link.end();
    });
    const { log, closed } = logOf(ws);
    let tell!: (bytes: ArrayBuffer) => void;
    const arrayBuffer = (): Promise<ArrayBuffer> => new Promise((resolve) => (tell = resolve));
    ws.send('first');
    ws.send(Object.assign(new Blob(['slow']), { arrayBuffer }));
    ws.send('behind it');
    while (ws.readyState === WebSocket.OPEN) await turn();
    tell(new ArrayBuffer(4));
    await turn();
    end();
    await closed;
    assert.deepEqual(log, ['close 3 3001 go true']);
  });

  it('sends everything else as text, and drops what arrives after close was called', async (t) => {
    const ws = await opened(t);
    const { log, closed } = logOf(ws);
    for (const data of [null, { toString: () => 'object' }]) {
      ws.send(data as unknown as string);
      await next(ws, 'message');
    }
    assert.throws(() => ws.send(new SharedArrayBuffer(1) as unknown as ArrayBuffer), TypeError);
    assert.throws(() => (ws.send as unknown as () => void).call(ws), TypeError);
    ws.send('echoed too late');
    ws.close(1000);
    await closed;
    assert.deepEqual(log, ['message null', 'message object', 'close 3 1000  true']);
  });

  it('refuses codes and reasons that may not be sent', async (t) => {
    const ws = await opened(t);
    for (const code of [0, 999, 1001, 2999, 5000, NaN]) {
      assert.throws(() => ws.close(code), exception('InvalidAccessError'));
    }
    assert.throws(() => ws.close(1000, '\u00e9'.repeat(62)), exception('SyntaxError'));
    assert.equal(ws.readyState, 1);
    ws.close(undefined, 'just a reason');
    const { code, reason } = await next(ws, 'close');
    assert.deepEqual([code, reason], [1000, 'just a reason']);
  });

  it('is closing when the server closes, and gives its code', async (t) => {
    const ws = await opened(t, async (link: Link) => {
      await link.accept([], Buffer.concat([text('last'), closeFrame(3001, 'go')]));
      await link.frameOf(Opcode.close);
      link.end();
    });
    const { log, closed } = logOf(ws);
    await closed;
    assert.deepEqual(log, ['message last', 'close 3 3001 go true']);
  });

  it('fails with an error, and 1006, whatever our own code was', async (t) => {
    const ws = await opened(t, async (link) => {
      await link.accept([], frame(0x3, 'x'));
      await link.ended();
      link.end();
    });
    const { log, closed } = logOf(ws);
    await closed;
    assert.match(log[0]!, /^error 3 Websocket connection lost\. .*opcode/);
    assert.equal(log[1], 'close 3 1006  false');
  });

  it('fails when nobody listens, when it is closed while connecting, and when the server refuses', async (t) => {
    const gone = await startPeer(t, (link) => link.reset());
    const ws = new WebSocket(gone.url, options);
    const { log, closed } = logOf(ws);
    ws.close();
    assert.equal(ws.readyState, 2);
    await closed;
    assert.deepEqual([log.length, log[1]], [2, 'close 3 1006  false']);
    const refusing = await startPeer(t, async (link) => {
      await link.request();
      link.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    });
    const { error } = await next(new WebSocket(refusing.url, options), 'error');
    const { response } = error as { response?: { status: number; body: string } };
    assert.deepEqual([response?.status, response?.body], [403, 'no']);
  });

  it('connects neither to bad ports nor to domains that are not allowed', async (t) => {
    const leading = await startPeer(t, async (link) => {
      await link.request();
      link.end('HTTP/1.1 302 Found\r\nLocation: ws://localhost:1/\r\nContent-Length: 0\r\n\r\n');
    });
    const bad = logOf(new WebSocket('ws://127.0.0.1:6667/', options));
    await bad.closed;
    assert.match(bad.log.join(), /^error 3 Port 6667 .*,close 3 1006 {2}false$/);
    const zero = new WebSocket('ws://127.0.0.1:0/', options);
    assert.equal(zero.url, 'ws://127.0.0.1:0/');
    assert.equal((await next(zero, 'close')).code, 1006);
    setAllowedDomains(['example.com']);
    try {
      const denied = logOf(new WebSocket('ws://127.0.0.1:8080/', options));
      await denied.closed;
      assert.match(denied.log[0]!, /127\.0\.0\.1 is not on the list/);
      setAllowedDomains(['127.0.0.1']);
      const led = logOf(new WebSocket(leading.url, { ...options, maxRedirects: 1 }));
      await led.closed;
      assert.match(led.log[0]!, /localhost:1\/ is on a host that is not allowed/);
    } finally {
      setAllowedDomains(undefined);
    }
  });

  it('has attributes for its events, and listeners with all their options', async (t) => {
    const peer = await startPeer(t, correct);
    const ws = new WebSocket(peer.url, options);
    const log: string[] = [];
    const abort = new AbortController();
    assert.equal(ws.onopen, null);
    ws.onopen = (event) => void log.push(`${event.type} ${event.target === ws}`);
    ws.onmessage = function ({ data }) {
      log.push(`${data} ${this === ws}`);
    };
    ws.addEventListener('message', () => log.push('once'), { once: true });
    ws.addEventListener('message', () => log.push('aborted'), { signal: abort.signal });
    ws.addEventListener('message', { handleEvent: () => log.push('object') });
    abort.abort();
    await next(ws, 'open');
    ws.send('1');
    await next(ws, 'message');
    ws.send('2');
    await next(ws, 'message');
    ws.onmessage = null;
    ws.close();
    await next(ws, 'close');
    assert.deepEqual(log, ['open true', '1 true', 'once', 'object', '2 true', 'object']);
  });
});

describe('what the package adds to a WebSocket of browsers', () => {
  it('takes its options in the third place too, as programs give them that are written for ws', async (t) => {
    const seen: string[] = [];
    const peer = await startPeer(t, async (link) => {
      seen.push((await link.accept()).values('x-key').join());
      await link.frameOf(Opcode.close);
      link.end(closeFrame(1000));
    });
    const given = { ...options, headers: { 'X-Key': 'third' }, followRedirects: true, agent: undefined };
    for (const protocols of [undefined, [], options]) {
      const ws = new WebSocket(peer.url, protocols, given);
      await next(ws, 'open');
      ws.close();
      await next(ws, 'close');
    }
    assert.deepEqual(seen, ['third', 'third', '']);
    assert.throws(() => new WebSocket(peer.url, [], { maxMessageSize: -1 }), { name: 'TypeError' });
    const ignored = new WebSocket('ws://127.0.0.1:1/', [], 'text' as unknown as object);
    await next(ignored, 'error');
  });

  it('refuses streams, whose text nobody wants to send', async (t) => {
    const ws = await opened(t);
    async function* pieces(): AsyncGenerator<string> {
      yield 'piece';
    }
    const { stream } = new Blob(['x']);
    for (const source of [pieces(), stream.call(new Blob(['x']))]) {
      assert.throws(() => ws.send(source as unknown as string), { name: 'TypeError', message: /send takes no stream/ });
    }
    assert.equal(ws.bufferedAmount, 0);
    ws.close();
  });

  it('connects to a Unix socket, by a URL or an option', { skip: process.platform === 'win32' }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'web-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const path = join(directory, 'a b.sock');
    const server = createServer((socket) => {
      socket.once('data', (data) => {
        const [head] = data.toString().split('\r\n');
        const key = /^sec-websocket-key: (.*)$/im.exec(data.toString())![1]!.trim();
        const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
        const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
        socket.write(`${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
        socket.end(Buffer.concat([text(head!), closeFrame(1000)]));
      });
      socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => server.listen(path, resolve));
    t.after(() => server.close());
    const urls: string[] = [];
    for (const [create, from] of [
      [() => new WebSocket(`ws+unix:${path.replaceAll(' ', '%20')}:/path?query`), 'ws://localhost'],
      [() => new WebSocket('ws://example.com/path?query', { socketPath: path, ...options }), 'ws://example.com'],
    ] as const) {
      const ws = create();
      urls.push(ws.url);
      const { data, origin } = await next(ws, 'message');
      assert.deepEqual([data, origin], ['GET /path?query HTTP/1.1', from]);
      await next(ws, 'close');
    }
    assert.match(urls[0]!, /^ws\+unix:\/.*:\/path\?query$/);
    assert.throws(() => new WebSocket('ws+unix:'), exception('SyntaxError'));
    assert.throws(() => new WebSocket('ws+unix:/a:/#x'), exception('SyntaxError'));
  });

  it('can be read by messages, whole and in pieces, and has an emitter', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      for (let i = 0; i < 3; i++) {
        await link.frameOf(Opcode.text);
        link.write(Buffer.concat([text('one'), frame(Opcode.text, Buffer.from('tw'), { fin: false })]));
        link.write(frame(Opcode.continuation, Buffer.from('o')));
        link.write(frame(Opcode.binary, Buffer.from([3])));
      }
      await link.frameOf(Opcode.close);
      link.end(closeFrame(1000));
    });
    const ws = new WebSocket(peer.url, options);
    const [first] = (await once(toEmitter(ws), 'open')) as [{ status: number }];
    assert.equal(first.status, 101);
    const whole: unknown[] = [];
    ws.send('go');
    for await (const message of messages(ws)) if (whole.push(message) === 3) break;
    assert.deepEqual(whole, ['one', 'two', new Uint8Array([3]).buffer]);
    const shown: unknown[] = [];
    ws.onmessage = ({ data }) => shown.push(data);
    ws.send('go');
    const pieces: unknown[] = [];
    for await (const message of messages(ws, { stream: true })) {
      for await (const piece of message) pieces.push(piece);
      if (message.type === 'binary') break;
    }
    assert.deepEqual([pieces.slice(0, -1).join(), pieces.at(-1)], ['one,tw,o', new Uint8Array([3])]);
    assert.deepEqual(shown, []);
    const again = next(ws, 'message');
    ws.send('go');
    assert.equal((await again).data, 'one');
    ws.close();
    for await (const message of messages(ws)) assert.ok(message);
    for await (const message of messages(ws)) assert.ok(message);
    assert.equal(ws.readyState, WebSocket.CLOSED);
    assert.throws(() => messages(new EventTarget() as unknown as WebSocket), { code: 401 });
  });

  it('has its error thrown by messages when it cannot connect, and when it is lost', async (t) => {
    const refused = new WebSocket('ws://127.0.0.1:1/', options);
    await assert.rejects(messages(refused).next(), { name: /Error/ });
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      link.reset();
    });
    const lost = new WebSocket(peer.url, options);
    await assert.rejects(messages(lost, { stream: true }).next());
  });

  it('has its reading held by several, each for itself', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.text);
      link.write(text('answer'));
    });
    const ws = new WebSocket(peer.url, options);
    await next(ws, 'open');
    controls(ws).pause();
    const reader = messages(ws, { highWaterMark: 1 });
    ws.send('question');
    const answer = reader.next();
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.ok(controls(ws).isPaused);
    controls(ws).resume();
    assert.equal((await answer).value, 'answer');
    controls(ws).terminate();
    await next(ws, 'close');
  });

  it('has all controls', async (t) => {
    const peer = await startPeer(t, async (link) => {
      await link.accept();
      const ping = await link.frameOf(Opcode.ping);
      link.write(frame(Opcode.pong, ping.payload));
      link.write(frame(Opcode.ping, Buffer.from('theirs')));
      await link.frameOf(Opcode.pong);
      await link.ended();
    });
    const ws = new WebSocket(peer.url, options);
    const { url } = controls(ws);
    assert.deepEqual([controls(ws).state, url, controls(ws).remoteAddress], ['connecting', peer.url, undefined]);
    await next(ws, 'open');
    const { state, protocol, extensions, bufferedAmount, remoteAddress, localPort, tls } = controls(ws);
    assert.deepEqual([state, protocol, extensions, bufferedAmount], ['open', ws.protocol, '', 0]);
    assert.deepEqual([remoteAddress, typeof localPort, tls], ['127.0.0.1', 'number', undefined]);
    const pinged = new Promise<ArrayBuffer>((resolve) => controls(ws).on('ping', resolve));
    assert.ok((await controls(ws).ping('ours')) >= 0);
    assert.equal(Buffer.from(await pinged).toString(), 'theirs');
    controls(ws).unref();
    controls(ws).ref();
    controls(ws).terminate();
    const { code, wasClean } = await next(ws, 'close');
    assert.deepEqual([code, wasClean, controls(ws).state], [1006, false, 'closed']);
  });
});

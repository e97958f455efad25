/** npm's ws as the server: https://github.com/websockets/ws. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import type { webSocket } from '../../lib/index.js';
import { open } from './client.js';
import type { WsServerOptions, WsSocket } from './npm-ws.js';
import { echo, upstream, wsAbsent } from './npm-ws.js';

/** Runs one conversation with a server that does `serve`. */
async function against(
  serve: (socket: WsSocket) => void,
  talk: (url: string, socket: () => Promise<WsSocket>) => Promise<void>,
  ws?: WsServerOptions,
): Promise<void> {
  let found: (socket: WsSocket) => void;
  const socket = new Promise<WsSocket>((resolve) => (found = resolve));
  const server = await upstream({
    serve: (connected) => {
      found(connected);
      serve(connected);
    },
    ...(ws === undefined ? {} : { ws }),
  });
  try {
    await talk(server.url, () => socket);
  } finally {
    await server.end();
  }
}

const sizes = [0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 1 << 20];

describe('npm ws', { skip: wsAbsent }, () => {
  it('echoes text and binary of every length at which the frame header changes', () =>
    against(echo, async (url) => {
      const { ws, message, end } = await open(url);
      for (const size of sizes) {
        const text = 'é'.repeat(size >> 1) + 'e'.repeat(size & 1);
        await ws.send(text);
        assert.ok((await message()) === text, `text of ${size} bytes came back different`);
        const binary = Buffer.alloc(size, '\u0000\u00ff\u0080');
        await ws.send(Uint8Array.from(binary).buffer);
        assert.ok(binary.equals((await message()) as Buffer), `${size} bytes came back different`);
      }
      await end();
    }));

  it('gets 5 000 messages sent without waiting, in order', () =>
    against(echo, async (url) => {
      const { ws, message, end } = await open(url);
      const sent = Array.from({ length: 5_000 }, (_, number) => ws.send(`${number} ${'x'.repeat(number % 300)}`));
      for (let number = 0; number < sent.length; number++) {
        assert.equal(await message(), `${number} ${'x'.repeat(number % 300)}`);
      }
      assert.ok((await Promise.all(sent)).every((outcome) => outcome === true));
      await end();
    }));

  it('has its fragments put together, with pings between them answered (RFC 6455 §5.4)', () =>
    against(
      (socket) => {
        const pongs: string[] = [];
        socket.on('pong', (data) => pongs.push(data.toString()));
        const bytes = Buffer.from('zusammengefügt: 🌍');
        for (let at = 0; at < bytes.length; at++) {
          socket.send(bytes.subarray(at, at + 1), { binary: false, fin: at === bytes.length - 1 });
          socket.ping(`ping ${at}`);
        }
        socket.on('message', () => socket.send(pongs.join()));
      },
      async (url) => {
        const { ws, message, end } = await open(url);
        assert.equal(await message(), 'zusammengefügt: 🌍');
        await ws.send('which pongs came?');
        const length = Buffer.byteLength('zusammengefügt: 🌍');
        assert.equal(await message(), Array.from({ length }, (_, at) => `ping ${at}`).join());
        await end();
      },
    ));

  it('gets our pings when pingInterval says so, and the link stays open', () =>
    against(echo, async (url, socket) => {
      const { ws, message, errors, end } = await open(url, { pingInterval: 1, pongTimeout: 1 });
      const [payload] = (await once(await socket(), 'ping')) as [Buffer];
      assert.ok(payload.length <= 125);
      await ws.send('still here');
      assert.equal(await message(), 'still here');
      assert.deepEqual(errors, []);
      await end();
    }));

  it('may send pongs that nobody asked for (RFC 6455 §5.5.3)', () =>
    against(
      (socket) => {
        socket.pong('unsolicited');
        echo(socket);
      },
      async (url) => {
        const { ws, message, errors, end } = await open(url);
        await ws.send('still here');
        assert.equal(await message(), 'still here');
        assert.deepEqual(errors, []);
        await end();
      },
    ));

  it('gets the code and reason that close was given, after everything sent before', () => {
    const received: unknown[] = [];
    return against(
      (socket) => {
        socket.on('message', (data) => received.push(data.toString()));
        socket.on('close', (code, reason) => received.push([code, reason.toString()]));
      },
      async (url, socket) => {
        const { ws, end } = await open(url);
        const gone = once(await socket(), 'close');
        for (const text of ['a', 'b', 'c']) ws.send(text).catch(() => {});
        assert.deepEqual(await end({ code: 3999, reason: 'genug – €' }), { code: 3999, reason: 'genug – €' });
        await gone;
        assert.deepEqual(received, ['a', 'b', 'c', [3999, 'genug – €']]);
      },
    );
  });

  it('closing without a code is reported as 1005 (RFC 6455 §7.1.5)', () =>
    against(
      (socket) => socket.close(),
      async (url) => {
        const { closed, errors } = await open(url);
        assert.deepEqual(await closed, { code: 1005, reason: '' });
        assert.deepEqual(errors, []);
      },
    ));

  it('hanging up without a Close frame is reported as an error and 1006', () =>
    against(
      (socket) => socket.terminate(),
      async (url) => {
        const { closed, errors } = await open(url);
        assert.deepEqual(await closed, { code: 1006, reason: '' });
        assert.equal(errors.length, 1);
        assert.equal(errors[0]!.code, 200);
      },
    ));

  it('refusing a message that is too big for it is reported with its 1009', () =>
    against(
      echo,
      async (url) => {
        const { ws, closed } = await open(url);
        ws.send('x'.repeat(2_000)).catch(() => {});
        assert.equal((await closed).code, 1009);
      },
      { maxPayload: 1_000 },
    ));

  describe('with permessage-deflate', () => {
    const variants: [
      string,
      NonNullable<WsServerOptions['perMessageDeflate']>,
      webSocket.PerMessageDeflateOptions | true,
    ][] = [
      ['context takeover both ways', true, true],
      ['no context takeover at the server', { serverNoContextTakeover: true }, true],
      ['no context takeover at the client', { clientNoContextTakeover: true }, { clientNoContextTakeover: true }],
      ['no context takeover at all', true, { serverNoContextTakeover: true, clientNoContextTakeover: true }],
      ['a window of 2^9 at the server', { serverMaxWindowBits: 9 }, { serverMaxWindowBits: 9 }],
      ['a window of 2^10 at the client', { clientMaxWindowBits: 10 }, { clientMaxWindowBits: 10 }],
    ];
    for (const [name, server, client] of variants) {
      it(`carries messages both ways: ${name}`, async () => {
        const perMessageDeflate = server === true ? { threshold: 0 } : { threshold: 0, ...(server as object) };
        await against(
          (socket) => {
            socket.on('message', (data, binary) => socket.send(data, { binary, compress: true }));
          },
          async (url, socket) => {
            const { ws, message, end, headers } = await open(url, { perMessageDeflate: client });
            assert.match(String(headers['sec-websocket-extensions']), /^permessage-deflate/);
            assert.match((await socket()).extensions, /permessage-deflate/);
            const texts = [
              '',
              'a',
              'Hello Hello Hello',
              'x'.repeat(70_000),
              JSON.stringify({ list: [...Array(2_000).keys()] }),
            ];
            for (const text of [...texts, ...texts]) {
              await ws.send(text);
              assert.ok((await message()) === text, `${text.length} characters came back different`);
              await ws.send(Uint8Array.from(Buffer.from(text)).buffer);
              assert.ok(Buffer.from(text).equals((await message()) as Buffer));
            }
            await end();
          },
          { perMessageDeflate },
        );
      });
    }

    it('is not used when only one side wants it', async () => {
      await against(echo, async (url, socket) => {
        const { ws, message, end } = await open(url, { perMessageDeflate: true });
        await ws.send('plain');
        assert.equal(await message(), 'plain');
        assert.equal((await socket()).extensions, '');
        await end();
      });
      await against(
        echo,
        async (url, socket) => {
          const { ws, message, end } = await open(url);
          await ws.send('plain');
          assert.equal(await message(), 'plain');
          assert.equal((await socket()).extensions, '');
          await end();
        },
        { perMessageDeflate: true },
      );
    });

    it('has compressed fragments put together', () =>
      against(
        (socket) => {
          const text = 'Hello Hello Hello '.repeat(50);
          for (let at = 0; at < text.length; at += 100) {
            socket.send(text.slice(at, at + 100), { fin: at + 100 >= text.length, compress: true });
          }
        },
        async (url) => {
          const { message, end } = await open(url, { perMessageDeflate: true });
          assert.equal(await message(), 'Hello Hello Hello '.repeat(50));
          await end();
        },
        { perMessageDeflate: { threshold: 0 } },
      ));
  });
});

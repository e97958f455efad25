import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MaskingKeys } from '../../lib/protocol/framing/mask.js';
import { OutputQueue } from '../../lib/protocol/framing/output-queue.js';
import { Session } from '../../lib/protocol/session.js';
import { toyExtension } from '../rfc6455/toy-extension.js';
import { Driven, fromHex, goodHead, key, limits, openClient, type Setup } from './drive.js';
import { seededFill } from './random.js';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** More than once, with turns in between: memory of buffers is given back with a delay. */
async function collectGarbage(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    gc();
    await nextTurn();
  }
}

const hex = (text: string): string => Buffer.from(text).toString('hex');

/** An unmasked frame with a payload of less than 126 bytes, in hex. */
function frame(first: string, payload = ''): string {
  return first + (payload.length / 2).toString(16).padStart(2, '0') + payload;
}

const closeFrame = (code: number, reason = ''): string => frame('88', code.toString(16).padStart(4, '0') + hex(reason));

const lost = 'failed 101 - the connection was lost without a Close frame';

describe('the opening handshake', () => {
  it('starts with the request, and opens with the response', () => {
    const driven = new Driven({ subprotocols: ['chat', 'other'] });
    assert.equal(
      driven.request,
      'GET /chat HTTP/1.1\r\nHost: server.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
        `Sec-WebSocket-Key: ${key}\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat, other\r\n\r\n',
    );
    assert.deepEqual(
      [driven.session.state, driven.session.isOpen, driven.session.deadline],
      ['connecting', false, Infinity],
    );
    driven.open('Sec-WebSocket-Protocol: other');
    assert.deepEqual(driven.events, ['response 101', 'open other']);
    assert.deepEqual([driven.session.state, driven.session.isOpen, driven.session.isOver], ['open', true, false]);
  });

  it('takes no notice of no bytes', () => {
    const driven = new Driven();
    driven.receive('');
    driven.session.receiveEnd();
    assert.match(driven.events.join(), /closed the connection without an answer/);
  });

  it('fails when it is not done by its deadline, whatever has come', () => {
    for (const come of ['', goodHead().slice(0, -1)]) {
      const driven = new Driven({ handshakeDeadline: 500 }).receiveText(come);
      assert.equal(driven.session.deadline, 500);
      driven.wait(499);
      assert.deepEqual(driven.events, []);
      driven.wait(1);
      assert.deepEqual(driven.events, [
        'failed 0 - the server did not answer the opening handshake within handshakeTimeout',
      ]);
      assert.deepEqual([driven.session.isOver, driven.session.deadline], [true, Infinity]);
      driven.open().wait(10_000);
      driven.session.receiveEnd();
      assert.equal(driven.events.length, 1, 'nothing follows');
    }
  });

  it('has no deadline any more once it is done', () => {
    const driven = new Driven({ handshakeDeadline: 500 }).open();
    assert.equal(driven.session.deadline, Infinity);
    assert.deepEqual(driven.wait(1000).events, ['response 101', 'open']);
  });

  it('fails when the connection ends first, and says how', () => {
    const silent = new Driven();
    silent.session.receiveEnd();
    assert.deepEqual(silent.events, [
      'failed 0 - the server closed the connection without an answer to the opening handshake',
    ]);

    const reset = new Driven().receiveText('HTTP/1.1 1');
    const cause = new Error('read ECONNRESET');
    reset.session.receiveEnd(cause);
    assert.deepEqual(reset.events, [
      'failed 0 - the connection was lost during the opening handshake: read ECONNRESET',
    ]);
    assert.equal(reset.failures[0]?.cause, cause);

    const cut = new Driven().receiveText('HTTP/1.1 1');
    cut.session.receiveEnd();
    assert.match(cut.events.join(), /^failed 0 http-head-complete@10 .* got the end of the connection after 10 bytes$/);
    for (const { session } of [silent, reset, cut]) assert.equal(session.isOver, true);
  });

  it('is given up by close', () => {
    const driven = new Driven({ handshakeDeadline: 500 });
    driven.session.close(1000, '');
    assert.deepEqual(driven.events, ['failed 0 - close was called before the connection was open']);
    assert.deepEqual([driven.session.isOver, driven.session.deadline, driven.sentBytes().length], [true, Infinity, 0]);
    driven.open();
    assert.equal(driven.events.length, 1);
  });

  it('is given up by close inside the event of the response, and in that of a refusal', () => {
    for (const head of [goodHead(), 'HTTP/1.1 404 No\r\n\r\nbody']) {
      const driven = new Driven({ react: (event, session) => event.startsWith('response') && session.close(1000, '') });
      driven.receiveText(`${head}\x81\x00`);
      assert.match(driven.events.join(), /^response \d+,failed \d+ - close was called before the connection was open$/);
    }
  });

  it('fails with the status and the response when that breaks a rule', () => {
    const driven = new Driven().receiveText(goodHead().replace('websocket', 'h2c'));
    assert.match(driven.events.join(), /^response 101,failed 101 handshake-upgrade@0 /);
    assert.equal(driven.failures[0]?.refusal?.head.values('upgrade')[0], 'h2c');
    assert.equal(driven.failures[0]?.refusal?.status.status, 101);
    assert.equal(driven.session.isOver, true);
  });

  it('lets other errors than violations pass: they are faults of this program', () => {
    const extension = {
      ...toyExtension(),
      accept: () => {
        throw new TypeError('fault');
      },
    };
    assert.throws(() => new Driven({ extension }).open('Sec-WebSocket-Extensions: toy'), TypeError);
  });

  it('is followed by frames, in the same chunk or later', () => {
    const head = Buffer.from(goodHead());
    const driven = new Driven().receive(Buffer.concat([head, fromHex('81 01 61 81')])).receive('01 62');
    assert.deepEqual(driven.events, ['response 101', 'open', 'text a', 'text b']);
  });

  it('is followed by frames although the listener of its end closes, which is the closing handshake', () => {
    const driven = new Driven({ react: (event, session) => event === 'open' && session.close(1000, '') });
    driven.receive(Buffer.concat([Buffer.from(goodHead()), fromHex('81 01 61')]));
    assert.deepEqual(driven.events, ['response 101', 'open', 'text a']);
    assert.deepEqual(driven.sentLines(), ['close 03e8']);
  });
});

describe('a refusal', () => {
  const head = 'HTTP/1.1 403 Forbidden\r\nX-Why: because\r\n';

  function refused(text: string, { split = text.length, end = false, setup = {} as Setup } = {}): Driven {
    const driven = new Driven(setup).receiveText(text.slice(0, split)).receiveText(text.slice(split));
    if (end) driven.session.receiveEnd();
    return driven;
  }

  it('carries status, fields and body, split anywhere', () => {
    for (const body of [
      'Content-Length: 4\r\n\r\nnope',
      'Transfer-Encoding: chunked\r\n\r\n2\r\nno\r\n2;x\r\npe\r\n0\r\n\r\n',
    ]) {
      const text = head + body;
      for (let split = 0; split <= text.length; split++) {
        const driven = refused(text, { split });
        assert.equal(driven.events.length, 2);
        assert.match(
          driven.events[1]!,
          /^failed 403 handshake-status@0 the server answered 403 Forbidden, expected 101 Switching/,
        );
        const refusal = driven.failures[0]?.refusal;
        assert.deepEqual([refusal?.body, refusal?.status.message], ['nope', 'Forbidden']);
        assert.deepEqual(refusal?.head.values('x-why'), ['because']);
        assert.equal(driven.session.isOver, true);
      }
    }
  });

  it('waits for the end of the connection without a length, and for no more than its first KiB', () => {
    const driven = refused(`${head}\r\nno`);
    assert.deepEqual([driven.session.state, driven.events], ['refused', ['response 403']]);
    driven.receiveText('pe');
    driven.session.receiveEnd(new Error('reset'));
    assert.equal(driven.failures[0]?.refusal?.body, 'nope');

    const long = refused(`${head}\r\n${'x'.repeat(2000)}`);
    assert.equal(long.failures[0]?.refusal?.body, 'x'.repeat(1024));
    assert.equal(refused(`${head}Content-Length: 9\r\n\r\nnope`, { end: true }).failures[0]?.refusal?.body, 'nope');
  });

  it('waits for the rest of its body for a second, and not beyond the deadline of the handshake', () => {
    const driven = refused(`${head}\r\nno`, { setup: { handshakeDeadline: 30_000 } });
    assert.equal(driven.session.deadline, 1000);
    driven.wait(999);
    assert.equal(driven.failures.length, 0);
    driven.wait(1);
    assert.deepEqual(
      [driven.failures[0]?.refusal?.body, driven.session.isOver, driven.session.deadline],
      ['no', true, Infinity],
    );
    assert.equal(refused(`${head}\r\nno`, { setup: { handshakeDeadline: 300 } }).session.deadline, 300);
  });

  it('is given up by close while its body is awaited', () => {
    const driven = refused(`${head}\r\nno`);
    driven.session.close(1000, '');
    assert.deepEqual(driven.events, ['response 403', 'failed 403 - close was called before the connection was open']);
    assert.equal(driven.session.isOver, true);
  });

  it('has no body for 204, 304 and a length of 0, and is over at once', () => {
    for (const line of [
      'HTTP/1.1 204 ',
      'HTTP/1.1 304 Same\r\nContent-Length: 5',
      'HTTP/1.1 404 No\r\nContent-Length: 0',
    ]) {
      assert.equal(refused(`${line}\r\n\r\n`).failures[0]?.refusal?.body, '');
    }
  });
});

describe('messages', () => {
  it('are sent as they were given, in order', () => {
    const driven = openClient();
    driven.session.sendText('a');
    driven.session.sendText('é\ud800');
    driven.session.sendBinary(Uint8Array.of(1, 2));
    driven.session.ping(Buffer.from('hi'));
    assert.deepEqual(driven.sentLines(), ['text 61', 'text c3a9efbfbd', 'binary 0102', `ping ${hex('hi')}`]);
    assert.ok(driven.events.length === 0);
  });

  it('are masked by a client, and not by a server', () => {
    const client = openClient();
    const server = new Driven({ server: true });
    for (const { session } of [client, server]) session.sendText('Hello');
    assert.equal(server.sentBytes().toString('hex'), '810548656c6c6f');
    assert.deepEqual(
      client.sent().map(({ masked }) => masked),
      [true],
    );
  });

  it('are announced when 64 KiB of them wait', () => {
    const driven = openClient();
    driven.session.sendBinary(new Uint8Array(65_530));
    assert.deepEqual(driven.events, ['flush']);
  });

  it('are compressed when an extension was accepted and thinks so, and seen as they were given', () => {
    for (const observed of [false, true]) {
      const driven = openClient({ extension: toyExtension(), observed }, 'Sec-WebSocket-Extensions: toy');
      driven.session.sendText('ab');
      driven.session.sendText('abc');
      driven.session.sendBinary(Uint8Array.of(1));
      driven.session.sendBinary(Uint8Array.of(1, 2, 3));
      assert.deepEqual(driven.sentLines(), ['text 6162', 'text rsv 4 01616263', 'binary 01', 'binary rsv 4 01010203']);
      driven.takeEvents();
      assert.deepEqual(
        driven.receive('c1 02 03 61 81 01 61').events.filter((event) => !event.startsWith('seen')),
        ['text aaa', 'text a'],
      );
    }
  });

  it('are sent as they are when compressing does not make them smaller', () => {
    const extension = { ...toyExtension(), deflate: () => undefined };
    const driven = openClient({ extension }, 'Sec-WebSocket-Extensions: toy');
    driven.session.sendText('abc');
    driven.session.sendBinary(Uint8Array.of(1, 2, 3));
    assert.deepEqual(driven.sentLines(), ['text 616263', 'binary 010203']);
  });

  it('are not compressed when the extension was not accepted', () => {
    const driven = openClient({ extension: toyExtension() });
    driven.session.sendText('abc');
    assert.deepEqual(driven.sentLines(), ['text 616263']);
  });

  it("are compressed by a server's session, whose extension has been negotiated before", () => {
    const driven = new Driven({ server: true, extension: toyExtension() });
    driven.session.sendText('abc');
    assert.deepEqual(driven.sentLines(), ['text rsv 4 01616263']);
    assert.deepEqual(driven.receive('c1 82 00 00 00 00 02 61').events, ['text aa']);
  });
});

describe('pings of the peer (RFC 6455 §5.5.2)', () => {
  it('are answered at once with the same payload', () => {
    assert.deepEqual(openClient().receive('89 00 89 02 01 02').sentLines(), ['pong', 'pong 0102']);
  });

  it('are answered by the last of them when the peer reads again (§5.5.3)', () => {
    const driven = openClient();
    driven.session.congested = true;
    for (let count = 0; count < 200; count++) driven.receive(frame('89', count.toString(16).padStart(2, '0')));
    assert.equal(driven.sentBytes().length, 0);
    driven.session.congested = true;
    assert.equal(driven.sentBytes().length, 0);
    driven.session.congested = false;
    assert.deepEqual(driven.sentLines(), ['pong c7']);
    driven.session.congested = false;
    assert.deepEqual(driven.sentLines(), []);
    assert.deepEqual(driven.receive('89 01 05').sentLines(), ['pong 05']);
  });

  it('are not answered after a Close frame of ours', () => {
    const driven = openClient();
    driven.session.congested = true;
    driven.receive('89 01 01');
    driven.session.close(1000, '');
    driven.session.congested = false;
    assert.deepEqual(driven.receive('89 01 02').sentLines(), ['close 03e8']);
  });
});

describe('the heartbeat', () => {
  const setup = { pingInterval: 30_000, pongTimeout: 10_000 };

  it('pings at every interval, with payloads that cannot be guessed, as long as pongs come', () => {
    const driven = openClient(setup);
    assert.equal(driven.session.deadline, 30_000);
    const payloads = new Set<string>();
    for (let count = 1; count <= 5; count++) {
      driven.wait(29_999);
      assert.deepEqual(driven.sent(), []);
      driven.wait(1);
      const [ping, ...others] = driven.sent();
      assert.deepEqual([ping?.opcode, ping?.payload.length, others.length], [9, 4, 0]);
      payloads.add(ping!.payload.toString('hex'));
      assert.equal(driven.session.deadline, driven.now + 10_000);
      driven.now += 9_999;
      driven.receive(frame('8a', ping!.payload.toString('hex')));
      driven.wait(0);
      assert.equal(driven.session.deadline, count * 30_000 + 30_000);
      driven.now = count * 30_000;
    }
    assert.equal(payloads.size, 5);
    assert.deepEqual(driven.events, [], "pongs of the heartbeat are nobody else's");
  });

  it('gives the link up when no pong comes in time', () => {
    const driven = openClient(setup).wait(30_000).wait(9_999);
    assert.deepEqual(driven.events, []);
    driven.wait(1);
    assert.deepEqual(driven.events, [
      'failed 101 - no pong within 10 s (pongTimeout): the link is dead',
      'closed 1006',
    ]);
    assert.deepEqual([driven.session.isOver, driven.session.deadline], [true, Infinity]);
  });

  it('is not content with another pong', () => {
    const driven = openClient(setup).wait(30_000);
    const right = driven.sent()[0]!.payload;
    driven
      .receive('8a 00')
      .receive('8a 04 00 00 00 00')
      .receive(frame('8a', `${right.toString('hex')}00`));
    assert.deepEqual(driven.takeEvents(), ['pong', 'pong 00000000', `pong ${right.toString('hex')}00`]);
    assert.equal(driven.wait(10_000).session.isOver, true);
  });

  it('is content with the right pong once: the next is unsolicited', () => {
    const driven = openClient(setup).wait(30_000);
    const pong = frame('8a', driven.sent()[0]!.payload.toString('hex'));
    driven.receive(pong);
    assert.deepEqual(driven.takeEvents(), []);
    driven.receive(pong);
    assert.equal(driven.takeEvents().length, 1);
    assert.equal(driven.wait(10_000).session.isOpen, true);
  });

  it('looks for the pong before it pings again, when both are due', () => {
    const driven = openClient({ pingInterval: 5000, pongTimeout: 5000 }).wait(5000);
    driven.sent();
    driven.wait(5000);
    assert.equal(driven.session.isOver, true);
    assert.deepEqual(driven.sent(), []);
  });

  it('waits for no pong without a pongTimeout', () => {
    for (const pongTimeout of [{}, { pongTimeout: 0 }]) {
      const driven = openClient({ pingInterval: 1000, ...pongTimeout });
      for (let count = 0; count < 5; count++) driven.wait(1000);
      assert.deepEqual([driven.sent().length, driven.session.isOpen], [5, true]);
    }
  });

  it('does not start before the connection is open, and not at all with an interval of 0', () => {
    assert.equal(new Driven(setup).session.deadline, Infinity);
    assert.equal(openClient({ pingInterval: 0, pongTimeout: 5 }).session.deadline, Infinity);
    assert.equal(new Driven({ server: true, ...setup }).session.deadline, 30_000);
  });

  it('rests while input is held back on purpose', () => {
    const driven = openClient(setup).wait(30_000);
    driven.session.paused = true;
    assert.equal(driven.session.deadline, Infinity);
    driven.wait(100_000);
    driven.session.paused = false;
    assert.equal(driven.session.deadline, 160_000);
    driven.session.close(1000, '');
    driven.session.paused = false;
    assert.equal(driven.session.deadline, 140_000, 'only the timeout of the close is left');
  });

  it('ends with the closing handshake', () => {
    const byUs = openClient(setup).wait(30_000);
    byUs.session.close(1000, '');
    assert.equal(byUs.session.deadline, 40_000);
    const byPeer = openClient({ ...setup, pongTimeout: 100 })
      .wait(30_000)
      .receive(closeFrame(1000));
    assert.equal(byPeer.session.deadline, 31_000);
    assert.deepEqual(byPeer.wait(500).events, []);
  });
});

describe('the closing handshake (RFC 6455 §7)', () => {
  it('started by us: messages come until the Close frame of the peer, then the connection has to end', () => {
    const driven = openClient();
    driven.session.sendText('last');
    driven.session.close(3000, 'bye');
    assert.deepEqual(
      [driven.session.state, driven.session.isOpen, driven.session.deadline],
      ['closing', false, 10_000],
    );
    assert.deepEqual(driven.sentLines(), [`text ${hex('last')}`, `close 0bb8${hex('bye')}`]);
    driven.receive('81 01 61 8a 00');
    assert.deepEqual(driven.takeEvents(), ['text a', 'pong']);
    driven.receive(closeFrame(3000, 'bye'));
    assert.deepEqual([driven.session.state, driven.output.ended, driven.sentBytes().length], ['ending', false, 0]);
    assert.deepEqual(driven.events, []);
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, ['closed 3000 bye']);
    assert.deepEqual([driven.session.isOver, driven.session.deadline], [true, Infinity]);
  });

  it('started by the peer: its code is echoed without the reason, and what follows is ignored', () => {
    const driven = openClient()
      .receive(closeFrame(1001, 'gone'))
      .receive('81 01 61 ff ff ff')
      .receive(closeFrame(1000));
    assert.deepEqual([driven.session.state, driven.session.isOpen], ['ending', false]);
    assert.deepEqual(driven.sentLines(), ['close 03e9']);
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, ['closed 1001 gone']);
  });

  it('without a code is 1005, answered in kind', () => {
    const driven = openClient().receive('88 00');
    assert.deepEqual(driven.sentLines(), ['close']);
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, ['closed 1005']);
    const byUs = openClient();
    byUs.session.close(1005, '');
    assert.deepEqual(byUs.sentLines(), ['close']);
  });

  it("started by both at once: each sends one Close frame, and the peer's code counts", () => {
    const driven = openClient();
    driven.session.close(1000, 'ours');
    driven.receive(closeFrame(4000, 'theirs'));
    assert.deepEqual(driven.sentLines(), [`close 03e8${hex('ours')}`]);
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, ['closed 4000 theirs']);
  });

  it('is not started twice', () => {
    const driven = openClient();
    driven.session.close(1000, 'first');
    driven.session.close(1001, 'second');
    driven.receive(closeFrame(1000));
    driven.session.close(1001, 'third');
    driven.session.receiveEnd();
    driven.session.close(1001, 'fourth');
    assert.deepEqual(driven.sentLines(), [`close 03e8${hex('first')}`]);
    assert.deepEqual(driven.events, ['closed 1000']);
  });

  it('has the client close TCP after a second when the server does not, and give up after closeTimeout', () => {
    const driven = openClient().receive(closeFrame(1000));
    assert.equal(driven.session.deadline, 1000);
    driven.wait(1000);
    assert.deepEqual([driven.output.ended, driven.session.isOver, driven.session.deadline], [true, false, 10_000]);
    driven.wait(8_999);
    assert.equal(driven.session.isOver, false);
    driven.wait(1);
    assert.deepEqual([driven.session.isOver, driven.events], [true, ['closed 1000']]);
    assert.equal(driven.session.deadline, Infinity);
  });

  it('ends within a closeTimeout that is shorter than a second', () => {
    const driven = openClient({ limits: { closeTimeout: 200 } })
      .receive(closeFrame(1000))
      .wait(200);
    assert.equal(driven.output.ended, true);
    assert.deepEqual(driven.wait(0).events, ['closed 1000']);
  });

  it('is given up when the server does not answer within closeTimeout', () => {
    const driven = openClient();
    driven.session.close(1000, '');
    driven.wait(9_999);
    driven.receive('81 01 61');
    driven.wait(1);
    assert.deepEqual(driven.events, [
      'text a',
      'failed 101 - the server did not answer our Close frame within closeTimeout',
      'closed 1006',
    ]);
    assert.equal(driven.session.isOver, true);
  });

  it('of a server closes TCP at once', () => {
    const driven = new Driven({ server: true }).receive('88 82 00 00 00 00 03 e8');
    assert.deepEqual([driven.output.ended, driven.session.deadline], [true, 10_000]);
    assert.deepEqual(driven.wait(10_000).events, ['closed 1000']);
  });

  it('may be started by a listener, after whose message no other one is lost', () => {
    const driven = openClient({ react: (event, session) => event === 'text a' && session.close(1000, '') });
    driven.receive('81 01 61 81 01 62 82 00 88 02 03 e8 81 01 63');
    assert.deepEqual(driven.events, ['text a', 'text b', 'binary']);
  });
});

describe('a failure (RFC 6455 §7.1.7)', () => {
  it('sends a Close frame with code and rule, closes TCP, and reports the failure at once, the end later', () => {
    const driven = openClient().receive('81 01 61 83 00 81 01 62');
    const offset = goodHead().length + 3;
    const demand = 'the opcode is not a reserved one';
    const message = `expected that ${demand} (RFC 6455 §5.2), got opcode reserved 0x3`;
    const failed = `failed 101 frame-opcode@${offset} ${message}`;
    assert.deepEqual(driven.events, ['text a', failed]);
    assert.deepEqual(driven.sentLines(), [`close 03ea${hex(demand)}`]);
    assert.deepEqual([driven.session.state, driven.output.ended, driven.session.deadline], ['ending', true, 1000]);
    driven.receive('81 01 63').receive(closeFrame(1000)).session.receiveEnd();
    assert.deepEqual(driven.takeEvents().slice(2), [`closed 1002 ${demand}`]);
  });

  it('ends without the peer after a second, or closeTimeout if that is less', () => {
    for (const [closeTimeout, expected] of [
      [10_000, 1000],
      [300, 300],
      [0, 0],
    ] as const) {
      const driven = openClient({ limits: { closeTimeout } }).receive('83 00');
      assert.equal(driven.session.deadline, expected);
      driven.wait(expected);
      assert.deepEqual([driven.session.isOver, driven.events.length, driven.session.deadline], [true, 2, Infinity]);
    }
  });

  it('while closing sends no second Close frame', () => {
    const driven = openClient();
    driven.session.close(1000, '');
    driven.receive('81 01 ff');
    assert.deepEqual(driven.sentLines(), ['close 03e8']);
    assert.match(driven.events.join(), /^failed 101 message-utf8@/);
    driven.session.receiveEnd();
    assert.equal(driven.events.at(-1), 'closed 1007 a text message is valid UTF-8');
  });

  it('in the Close frame of the peer is answered with its own code', () => {
    for (const [bytes, code] of [
      ['88 01 03', '03ea'],
      ['88 02 03 ed', '03ea'],
      ['88 03 03 e8 ff', '03ef'],
    ] as const) {
      const driven = openClient().receive(bytes);
      assert.ok(driven.sentLines().join().startsWith(`close ${code}`));
      assert.equal(driven.failures.length, 1);
    }
  });

  it('lets go of the message that was under way', async () => {
    await collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const sessions = Array.from({ length: 5 }, () => {
      const driven = openClient();
      driven.receive(Buffer.concat([fromHex('02 7f 00 00 00 00 00 80 00 00'), Buffer.alloc(8 * 2 ** 20)]));
      return driven.receive('83 00');
    });
    await collectGarbage();
    assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 2 ** 20);
    assert.ok(sessions.every(({ session }) => session.state === 'ending'));
  });
});

describe('the end of the connection', () => {
  it('without a Close frame is 1006, after a failure that says so', () => {
    const driven = openClient();
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, [lost, 'closed 1006']);
    assert.equal(driven.session.isOver, true);
  });

  it('with an error carries it, in the words it is told', () => {
    const driven = openClient();
    const cause = new Error('read ECONNRESET');
    driven.session.receiveEnd(cause);
    assert.deepEqual(driven.events, [`${lost}: read ECONNRESET`, 'closed 1006']);
    assert.equal(driven.failures[0]?.cause, cause);
    const other = openClient();
    other.session.receiveEnd(cause, ['the server reset it']);
    assert.deepEqual(other.events, [`${lost}: the server reset it`, 'closed 1006']);
  });

  it('while closing is 1006 as well', () => {
    const driven = openClient();
    driven.session.close(1000, '');
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, [
      'failed 101 - the connection was lost before the server answered our Close frame',
      'closed 1006',
    ]);
  });

  it('in the middle of a message loses it', () => {
    const driven = openClient().receive('01 01 61');
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, [lost, 'closed 1006']);
  });

  it('is told once, and nothing comes after it', () => {
    const ends: ((driven: Driven) => unknown)[] = [
      (driven) => driven.session.receiveEnd(),
      (driven) => driven.receive('88 00').session.receiveEnd(),
      (driven) => driven.receive('83 00').session.receiveEnd(),
      (driven) => {
        driven.session.close(1000, '');
        driven.wait(10_000);
      },
    ];
    for (const end of ends) {
      const driven = openClient({ pingInterval: 1000, pongTimeout: 1000 });
      end(driven);
      driven.sentBytes();
      const { length } = driven.events;
      driven.session.receiveEnd();
      driven.session.receiveEnd(new Error('late'));
      driven.receive('81 01 61 88 00 ff').wait(100_000).session.close(1000, '');
      driven.session.congested = false;
      assert.equal(driven.events.length, length);
      assert.equal(driven.events.filter((event) => event.startsWith('closed')).length, 1);
      assert.equal(driven.sentBytes().length, 0);
      assert.deepEqual([driven.session.state, driven.session.deadline], ['over', Infinity]);
    }
  });

  it('may be told from inside the report of a failure', () => {
    const driven = openClient({ react: (event, session) => event.startsWith('failed') && session.receiveEnd() });
    driven.session.receiveEnd();
    assert.deepEqual(driven.events, [lost, 'closed 1006']);
  });
});

describe('output', () => {
  it('is used again once it is given back', () => {
    const driven = openClient();
    driven.session.sendText('first');
    const chunk = driven.output.take()!;
    assert.equal(driven.output.take(), undefined);
    driven.output.release(chunk);
    driven.session.sendText('second');
    assert.equal(driven.output.take()?.bytes.buffer, chunk.bytes.buffer);
  });

  it('of sessions that rest in between is not mixed up, masked for a client and not for a server', () => {
    const sessions = [openClient(), new Driven({ server: true }), openClient()];
    for (let round = 0; round < 3; round++) {
      sessions.forEach(({ session }, index) => session.sendText(`${round} of ${index}`));
      for (const { output } of sessions) output.rest(); // too early: there is output
      sessions.forEach((driven, index) => {
        assert.deepEqual(
          driven.sent().map(({ payload, masked }) => [payload.toString(), masked]),
          [[`${round} of ${index}`, index !== 1]],
        );
        driven.output.rest();
        driven.output.rest();
      });
    }
  });

  it('says how much of it waits', () => {
    const driven = openClient();
    assert.equal(driven.output.size, 0);
    driven.session.sendText('abc');
    assert.equal(driven.output.size, 9);
    driven.sentBytes();
    assert.equal(driven.output.size, 0);
  });

  it('starts with the request', () => {
    const sink = new OutputQueue();
    new Session({} as never, {
      request: { host: 'a', resource: '/', subprotocols: [], extensions: '', fields: [] },
      limits,
      sink,
      random: (bytes) => bytes.fill(1),
      keys: new MaskingKeys(seededFill(1)),
      now: () => 0,
    });
    const chunk = sink.take();
    assert.match(chunk?.bytes.toString() ?? '', /^GET \/ HTTP\/1\.1\r\nHost: a\r\n/);
  });
});

describe('an observer', () => {
  it('sees everything in both directions, with offsets in the stream of each', () => {
    const driven = new Driven({ observed: true });
    const request = driven.request.length;
    const head = goodHead().length;
    driven.open().receive('01 01 61 89 01 07 80 01 62');
    driven.session.sendText('abc');
    driven.session.sendBinary(Uint8Array.of(1));
    driven.sentBytes();
    driven.session.ping(Buffer.of(2));
    driven.receive(closeFrame(1000, 'x')).session.receiveEnd();
    const pong = request;
    const text = pong + 7;
    const binary = text + 9;
    const ping = binary + 7;
    assert.deepEqual(driven.events, [
      `seen request ${request}`,
      'seen response 101',
      'response 101',
      'open',
      `seen received frame @${head} fin false rsv 0 text masked false 1 in 7: 61`,
      `seen received frame @${head + 3} fin true rsv 0 ping masked false 1 in 7: 07`,
      `seen sent frame @${pong} fin true rsv 0 pong masked true 1 in 7: 07`,
      `seen received frame @${head + 6} fin true rsv 0 continuation masked false 1 in 7: 62`,
      'seen received message ab',
      'text ab',
      'seen sent message abc',
      `seen sent frame @${text} fin true rsv 0 text masked true 3 in 7: 616263`,
      'seen sent message of 1 bytes',
      `seen sent frame @${binary} fin true rsv 0 binary masked true 1 in 7: 01`,
      `seen sent frame @${ping} fin true rsv 0 ping masked true 1 in 7: 02`,
      `seen received frame @${head + 9} fin true rsv 0 close masked false 3 in 7: 03e878`,
      `seen sent frame @${ping + 7} fin true rsv 0 close masked true 2 in 7: 03e8`,
      'seen closed 1000 x true',
      'closed 1000 x',
    ]);
  });

  it('sees the length of a large frame as it was written, and its masking key', () => {
    const driven = openClient({ observed: true });
    driven.session.sendBinary(new Uint8Array(200));
    driven.session.sendText('é'.repeat(40_000));
    const frames = driven.events
      .filter((event) => event.includes('frame'))
      .map((event) => event.slice(0, event.indexOf(':')));
    assert.match(frames[0]!, /200 in 16$/);
    assert.match(frames[1]!, /80000 in 64$/);
  });

  it('sees violations, before what they lead to, and that such an end is not clean', () => {
    const driven = openClient({ observed: true }).receive('83 00');
    driven.session.receiveEnd();
    assert.deepEqual(
      driven.events.map((event) => event.split(' ').slice(0, 3).join(' ')),
      [
        'seen violation frame-opcode',
        'seen sent frame',
        `failed 101 frame-opcode@${goodHead().length}`,
        'seen closed 1002',
        'closed 1002 the',
      ],
    );
    assert.match(driven.events[3]!, / false$/);

    const refused = new Driven({ observed: true }).receiveText('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n');
    assert.deepEqual(refused.events.slice(1, 4), [
      'seen response 404',
      'response 404',
      'seen violation handshake-status',
    ]);
  });

  it('sees whether the end was clean: both Close frames, whatever their code', () => {
    const endOf = (driven: Driven): string | undefined => {
      driven.session.receiveEnd();
      return driven.events.find((event) => event.startsWith('seen closed'));
    };
    assert.equal(endOf(openClient({ observed: true })), 'seen closed 1006  false');
    assert.equal(endOf(openClient({ observed: true }).receive('88 00')), 'seen closed 1005  true');
    assert.equal(endOf(openClient({ observed: true }).receive(closeFrame(1002))), 'seen closed 1002  true');
    const byUs = openClient({ observed: true });
    byUs.session.close(1000, '');
    assert.equal(endOf(byUs), 'seen closed 1006  false');
  });

  it('sees interim responses, which the handler does not', () => {
    const driven = new Driven({ observed: true }).receiveText('HTTP/1.1 103 Early\r\n\r\n').open();
    assert.deepEqual(driven.events.slice(1), ['seen response 103', 'seen response 101', 'response 101', 'open']);
  });
});

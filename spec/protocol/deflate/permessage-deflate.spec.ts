import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as zlib from 'node:zlib';
import type { PerMessageDeflateOptions } from '../../../lib/protocol/deflate/options.js';
import { acceptOffer, PerMessageDeflate } from '../../../lib/protocol/deflate/permessage-deflate.js';
import { unlimited } from '../../../lib/protocol/framing/budget.js';
import { type RuleId, Violation } from '../../../lib/protocol/rules.js';

function client(options?: PerMessageDeflateOptions): PerMessageDeflate {
  return new PerMessageDeflate(zlib, options);
}

function refuses(options: PerMessageDeflateOptions, answer: string, rule: RuleId): void {
  assert.throws(
    () => client(options).accept(answer),
    (error) => error instanceof Violation && error.rule.id === rule,
    `${answer} was accepted`,
  );
}

/** Whether the second of two equal messages, which have nothing to compress in themselves, gets smaller. */
function remembers(sender: PerMessageDeflate, filler = 0): boolean {
  const noise = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * i * 31 + i * 7 + (i >> 3)) & 0xff));
  const once = Buffer.concat([noise, Buffer.alloc(filler + 1000)]);
  sender.deflate(once);
  const second = sender.deflate(once);
  const alone = zlib.deflateRawSync(once).length;
  return second !== undefined && second.length < alone - 100;
}

describe('the offer of permessage-deflate (RFC 7692 §7.1)', () => {
  const offers: readonly [options: PerMessageDeflateOptions, offer: string][] = [
    [{}, 'permessage-deflate; client_max_window_bits'],
    [
      { serverNoContextTakeover: true },
      'permessage-deflate; server_no_context_takeover; client_max_window_bits, permessage-deflate',
    ],
    [{ clientNoContextTakeover: true }, 'permessage-deflate; client_no_context_takeover; client_max_window_bits'],
    [
      { serverMaxWindowBits: 8 },
      'permessage-deflate; server_max_window_bits=8; client_max_window_bits, permessage-deflate',
    ],
    [{ clientMaxWindowBits: 9 }, 'permessage-deflate; client_max_window_bits=9'],
    [{ serverMaxWindowBits: 15, clientMaxWindowBits: 15 }, 'permessage-deflate; client_max_window_bits'],
  ];
  for (const [options, offer] of offers) {
    it(`${JSON.stringify(options)} -> ${offer}`, () => assert.equal(client(options).offer, offer));
  }
});

describe('the answer to the offer (RFC 7692 §7.1)', () => {
  it('breaks a rule when it is no extension list', () => {
    refuses({}, 'permessage-deflate;', 'handshake-extension-syntax');
    refuses({}, 'permessage-deflate; server_max_window_bits="1 5"', 'handshake-extension-syntax');
  });

  it('breaks a rule when it has an extension that was not offered', () => {
    refuses({}, 'x-webkit-deflate-frame', 'handshake-extension');
    refuses({}, 'permessage-deflate, foo', 'handshake-extension');
    refuses({}, 'Permessage-Deflate', 'handshake-extension');
  });

  it('breaks a rule when it has the extension twice', () => {
    refuses({}, 'permessage-deflate, permessage-deflate', 'handshake-extension-once');
    refuses({}, 'permessage-deflate; server_no_context_takeover, permessage-deflate', 'handshake-extension-once');
  });

  const bad: readonly [why: string, options: PerMessageDeflateOptions, parameters: string][] = [
    ['an unknown parameter', {}, 'foo'],
    ['an unknown parameter with a value', {}, 'foo=1'],
    ['a parameter in another case', {}, 'Server_No_Context_Takeover'],
    ['a flag twice', {}, 'server_no_context_takeover; server_no_context_takeover'],
    ['a number twice', {}, 'server_max_window_bits=10; server_max_window_bits=10'],
    ['server_no_context_takeover with a value', {}, 'server_no_context_takeover=1'],
    ['client_no_context_takeover with a value', {}, 'client_no_context_takeover="true"'],
    ['server_max_window_bits without a value', {}, 'server_max_window_bits'],
    ['client_max_window_bits without a value', {}, 'client_max_window_bits'],
    ...['server_max_window_bits', 'client_max_window_bits'].flatMap((name) =>
      ['7', '16', '0', '08', '015', '+10', '-8', '1e1', '10.0', '0x9', '99999999999999999999'].map(
        (value): [string, PerMessageDeflateOptions, string] => ['a window out of range', {}, `${name}=${value}`],
      ),
    ),
    ['client_max_window_bits above the offer', { clientMaxWindowBits: 10 }, 'client_max_window_bits=11'],
  ];
  for (const [why, options, parameters] of bad) {
    it(`breaks a rule: ${why} (${parameters})`, () => {
      const answer = parameters === '' ? 'permessage-deflate' : `permessage-deflate; ${parameters}`;
      refuses(options, answer, 'handshake-deflate-parameter');
    });
  }

  const good: readonly [why: string, options: PerMessageDeflateOptions, parameters: string][] = [
    ['nothing', {}, ''],
    ['server_no_context_takeover, though not offered (§7.1.1.1)', {}, '; server_no_context_takeover'],
    ['client_no_context_takeover, though not offered (§7.1.1.2)', {}, '; client_no_context_takeover'],
    ['server_max_window_bits, though not offered (§7.1.2.1)', {}, '; server_max_window_bits=9'],
    ['client_no_context_takeover, a hint, left out', { clientNoContextTakeover: true }, ''],
    ['client_max_window_bits, a hint, left out', { clientMaxWindowBits: 10 }, ''],
    ['a smaller server window than offered', { serverMaxWindowBits: 10 }, '; server_max_window_bits=8'],
    [
      'a wish that the server does not know, and takes the plain offer (§5.2)',
      { serverNoContextTakeover: true, serverMaxWindowBits: 9 },
      '',
    ],
    [
      'a larger server window than wished for, in answer to the plain offer',
      { serverMaxWindowBits: 10 },
      '; server_max_window_bits=11',
    ],
    ['the server window that was offered', { serverMaxWindowBits: 10 }, '; server_max_window_bits=10'],
    ['a quoted value', {}, '; client_max_window_bits="10"'],
    ...Array.from({ length: 8 }, (_, i): [string, PerMessageDeflateOptions, string] => {
      return ['any client window when none was named', {}, `; client_max_window_bits=${i + 8}`];
    }),
  ];
  for (const [why, options, parameters] of good) {
    it(`may have ${why} (${parameters})`, () => client(options).accept(`permessage-deflate${parameters}`));
  }

  it('says in the violation what was expected and what came', () => {
    assert.throws(() => client({ clientMaxWindowBits: 10 }).accept('permessage-deflate; client_max_window_bits=11'), {
      message:
        'expected that permessage-deflate: client_max_window_bits is at most 10, as offered (RFC 7692 §7.1), got 11',
    });
  });

  it('decides whether our messages refer to earlier ones', () => {
    const cases: readonly [options: PerMessageDeflateOptions, answer: string, takeover: boolean][] = [
      [{}, '', true],
      [{}, '; client_no_context_takeover', false],
      [{ clientNoContextTakeover: true }, '', false],
      [{ clientNoContextTakeover: true }, '; client_no_context_takeover', false],
      [{ serverNoContextTakeover: true }, '; server_no_context_takeover', true],
    ];
    for (const [options, answer, takeover] of cases) {
      const extension = client(options);
      extension.accept(`permessage-deflate${answer}`);
      assert.equal(remembers(extension), takeover, `${JSON.stringify(options)} ${answer}`);
    }
  });

  it('decides how far our messages look back: the smaller of our option and the answer', () => {
    const cases: readonly [options: PerMessageDeflateOptions, answer: string, far: boolean][] = [
      [{}, '', true],
      [{}, '; client_max_window_bits=12', false],
      [{ clientMaxWindowBits: 12 }, '', false],
      [{ clientMaxWindowBits: 14 }, '; client_max_window_bits=12', false],
      [{ clientMaxWindowBits: 14 }, '; client_max_window_bits=14', true],
    ];
    for (const [options, answer, far] of cases) {
      const extension = client(options);
      extension.accept(`permessage-deflate${answer}`);
      assert.equal(remembers(extension, 8000), far, `${JSON.stringify(options)} ${answer}`);
    }
  });
});

describe('the threshold', () => {
  it('lets messages below it go as they are', () => {
    const extension = client({ threshold: 100 });
    assert.deepEqual(
      [0, 99, 100, 101].map((size) => extension.compresses(size)),
      [false, false, true, true],
    );
    assert.equal(client({ threshold: 0 }).compresses(0), true);
    assert.deepEqual(
      [1023, 1024].map((size) => client().compresses(size)),
      [false, true],
    );
  });
});

describe('a server takes an offer (RFC 7692 §5.1, §7.1)', () => {
  const cases: readonly [offer: string, response: string | undefined, options?: PerMessageDeflateOptions][] = [
    ['permessage-deflate', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=15', 'permessage-deflate'],
    ['permessage-deflate; client_max_window_bits=8', 'permessage-deflate; client_max_window_bits=8'],
    ['permessage-deflate; server_max_window_bits=8', 'permessage-deflate; server_max_window_bits=8'],
    ['permessage-deflate; server_max_window_bits=15', 'permessage-deflate; server_max_window_bits=15'],
    ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
    ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
    ['foo, permessage-deflate', 'permessage-deflate'],
    ['foo', undefined],
    // An offer that breaks a rule is declined, the next one is taken.
    ['permessage-deflate; foo', undefined],
    ['permessage-deflate; server_max_window_bits', undefined],
    ['permessage-deflate; server_max_window_bits=7', undefined],
    ['permessage-deflate; client_max_window_bits=16', undefined],
    ['permessage-deflate; server_no_context_takeover=1', undefined],
    ['permessage-deflate; client_max_window_bits; client_max_window_bits', undefined],
    [
      'permessage-deflate; foo, permessage-deflate; server_max_window_bits=10, permessage-deflate',
      'permessage-deflate; server_max_window_bits=10',
    ],
    // The server's own wishes.
    [
      'permessage-deflate; client_max_window_bits; server_max_window_bits=12',
      'permessage-deflate; server_no_context_takeover; client_no_context_takeover; ' +
        'server_max_window_bits=11; client_max_window_bits=9',
      { serverNoContextTakeover: true, clientNoContextTakeover: true, serverMaxWindowBits: 11, clientMaxWindowBits: 9 },
    ],
    [
      'permessage-deflate; client_max_window_bits=8',
      'permessage-deflate; client_max_window_bits=8',
      { clientMaxWindowBits: 9 },
    ],
    // §7.1.2.2: not offered, so it must not be in the answer.
    ['permessage-deflate', 'permessage-deflate', { clientMaxWindowBits: 9 }],
  ];
  for (const [offer, response, options] of cases) {
    it(`${offer} -> ${String(response)}`, () => assert.equal(acceptOffer(offer, zlib, options)?.response, response));
  }

  it('refuses an offer that is no extension list', () => {
    assert.throws(() => acceptOffer('permessage-deflate;', zlib), Violation);
  });

  it('with every combination of wishes, the client accepts the answer and both sides understand each other', () => {
    const text = Buffer.from('compression '.repeat(100));
    const choices: PerMessageDeflateOptions[] = [];
    for (const takeover of [0, 1, 2, 3]) {
      for (const serverMaxWindowBits of [8, 11, 15]) {
        for (const clientMaxWindowBits of [8, 9, 15]) {
          choices.push({
            serverNoContextTakeover: (takeover & 1) !== 0,
            clientNoContextTakeover: (takeover & 2) !== 0,
            serverMaxWindowBits,
            clientMaxWindowBits,
          });
        }
      }
    }
    for (const ours of choices) {
      for (const theirs of choices) {
        const near = client(ours);
        const accepted = acceptOffer(near.offer, zlib, theirs);
        assert.ok(accepted);
        near.accept(accepted.response);
        const far = accepted.extension;
        for (let i = 0; i < 2; i++) {
          assert.deepEqual(far.inflate(near.deflate(text)!, 10_000, 0, unlimited()), text);
          assert.deepEqual(near.inflate(far.deflate(text)!, 10_000, 0, unlimited()), text);
        }
      }
    }
  });
});

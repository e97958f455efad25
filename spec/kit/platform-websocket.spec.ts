/** The table of semantics in `lib/kit/README.md`, row by row: one program, and what it sees under each. */
import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import net from 'node:net';
import { afterEach, describe, it, type TestContext } from 'node:test';
import { setAllowedDomains } from '../../lib/index.js';
import { platformOptions } from '../../lib/kit/platform-options.js';
import { Opcode } from '../../lib/protocol/framing/opcode.js';
import { certificates } from '../peer/certificates.js';
import { listen } from '../peer/dialling.js';
import { closeFrame, type Link, text } from '../peer/link.js';
import { type Peer, type Script, startPeer } from '../peer/scripted.js';
import { both, Diary, loose, makers } from './both.js';

const direct = { proxy: 'no-proxy' } as const;

const correct: Script = async (link) => {
  await link.accept();
  await link.serve();
};

/** A URL on which nothing listens. */
async function nowhere(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return `ws://127.0.0.1:${port}/`;
}

const refusing: Script = async (link) => {
  await link.request();
  link.end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
};

describe('connect settles', () => {
  afterEach(() => setAllowedDomains(undefined as never));

  it('with true: when the attempt has begun, before every event; the package: when it is open', async (t) => {
    const { url } = await startPeer(t, correct);
    const told = await both(t, async (diary) => {
      diary.ws.connect(url, direct, diary.ended('connect'));
      await diary.until('openInfo');
    });
    assert.deepEqual(told, {
      package: ['headerReceive', 'open 101', 'openInfo', 'connect true'],
      platform: ['connect true', 'headerReceive', 'open 101', 'openInfo'],
    });
  });

  it('once, wherever the attempt is redirected to', async (t) => {
    let visits = 0;
    const { url } = await startPeer(t, async (link) => {
      if (++visits > 1) return correct(link);
      await link.request();
      link.end('HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n');
    });
    const told = await both(t, async (diary) => {
      visits = 0;
      diary.ws.connect(url, { ...direct, maxRedirects: 1 } as object, diary.ended('connect'));
      await diary.until('openInfo');
    });
    assert.deepEqual(told, {
      package: ['headerReceive', 'headerReceive', 'open 101', 'openInfo', 'connect true'],
      platform: ['connect true', 'headerReceive', 'headerReceive', 'open 101', 'openInfo'],
    });
  });

  it('so that a program which awaits it is ready in its listener of open', async (t) => {
    const { url } = await startPeer(t, correct);
    const told = await both(t, async (diary) => {
      let ready = false;
      diary.ws.on('open', () => diary.write(`ready in open: ${ready}`));
      await Promise.all([
        diary.until('ready'),
        diary.ws.connect(url, direct).then(() => {
          ready = true;
        }),
      ]);
    });
    assert.ok(told.package.includes('ready in open: false'));
    assert.ok(told.platform.includes('ready in open: true'));
  });

  it('with what is wrong before there is an attempt, and no event', async (t) => {
    const { url } = await startPeer(t, correct);
    const wrong: [string, (diary: Diary) => unknown][] = [
      ['401', ({ ws }) => loose(ws).connect(42)],
      ['2302001', ({ ws }) => ws.connect('http://127.0.0.1/')],
      ['2302998', ({ ws }) => ws.connect('ws://not-allowed.test/')],
      ['2302002', ({ ws }) => ws.connect('wss://127.0.0.1/', { ...direct, caPath: '/nowhere/ca.pem' })],
    ];
    for (const [code, connect] of wrong) {
      if (code === '2302998') setAllowedDomains(['127.0.0.1']);
      const { platform } = await both(t, async (diary) => {
        await (connect(diary) as Promise<boolean>).catch(diary.ended('connect') as (error: unknown) => void);
      });
      assert.deepEqual(platform, [`connect ${code}`]);
    }
    const { platform } = await both(t, async (diary) => {
      await diary.ws.connect(url, direct);
      diary.ws.connect(url, direct, diary.ended('connect'));
      await diary.until('connect');
      await diary.until('openInfo');
    });
    assert.deepEqual(platform, ['connect 2302003', 'headerReceive', 'open 101', 'openInfo']);
  });

  it('with 201 when the network may not be used', async (t) => {
    t.mock.method(net, 'connect', () => {
      throw Object.assign(new Error('Access to this API has been restricted'), { code: 'ERR_ACCESS_DENIED' });
    });
    const told = await both(t, async (diary) => {
      diary.ws.connect('ws://127.0.0.1/', direct, diary.ended('connect'));
      await diary.until('connect');
    });
    assert.deepEqual(told, { package: ['error 200 0', 'connect 201'], platform: ['connect 201'] });
  });

  it('when the files are good, however long the server takes', async (t) => {
    const { root } = await certificates();
    const port = await listen(t, net.createServer());
    const diary = new Diary(makers.platform());
    diary.ws.connect(`wss://localhost:${port}/`, { ...direct, caPath: root }, diary.ended('connect'));
    await diary.until('connect');
    await diary.ws[Symbol.asyncDispose]();
    assert.deepEqual(diary.lines, ['connect true', 'error 200 0']);
  });
});

describe('an attempt that fails later', () => {
  it('is one error event with code 200 and the status, or 0', async (t) => {
    for (const [url, data] of [
      [await nowhere(), '0'],
      [(await startPeer(t, refusing)).url, '503'],
    ] as const) {
      const told = await both(t, async (diary) => {
        diary.ws.connect(url, direct, diary.ended('connect'));
        await diary.until('error');
      });
      const head = data === '0' ? [] : ['headerReceive'];
      assert.deepEqual(told, {
        package: [...head, `error 200 ${data}`, 'connect 2302999'],
        platform: ['connect true', ...head, `error 200 ${data}`],
      });
    }
  });

  it('says in its message what happened', async (t) => {
    const { url } = await startPeer(t, refusing);
    await both(t, async (diary) => {
      diary.ws.on('error', ({ message }) => diary.write(message));
      diary.ws.connect(url, direct, () => {});
      await diary.until('Websocket connect failed.');
      assert.match(diary.lines.join('\n'), /Websocket connect failed\. .*503 Service Unavailable/);
    });
  });
});

describe('the listeners of an event', () => {
  async function hello(
    t: TestContext,
    register: (diary: Diary) => void,
  ): Promise<{ package: string[]; platform: string[] }> {
    const { url } = await startPeer(t, async (link) => {
      await link.accept([], text('hello'));
      await link.serve();
    });
    const told = await both(t, async (diary) => {
      diary.ws.off('message');
      register(diary);
      diary.ws.on('dataEnd', () => diary.write('end'));
      diary.ws.connect(url, direct, () => {});
      await diary.until('end');
    });
    const heard = (lines: string[]): string[] => lines.filter((line) => /^[ABC]$/.test(line));
    return { package: heard(told.package), platform: heard(told.platform) };
  }
  const named =
    (diary: Diary, name: string): (() => void) =>
    () =>
      diary.write(name);

  it('on again replaces; the package: adds', async (t) => {
    const told = await hello(t, (diary) => {
      diary.ws.on('message', named(diary, 'A'));
      diary.ws.on('message', named(diary, 'B'));
    });
    assert.deepEqual(told, { package: ['A', 'B'], platform: ['B'] });
  });

  it('off removes the listener when it is this one, or whichever it is', async (t) => {
    const told = await hello(t, (diary) => {
      const [a, b] = [named(diary, 'A'), named(diary, 'B')];
      diary.ws.on('message', a);
      diary.ws.on('message', b);
      diary.ws.off('message', a);
    });
    assert.deepEqual(told, { package: ['B'], platform: ['B'] });
    const gone = await hello(t, (diary) => {
      const a = named(diary, 'A');
      diary.ws.on('message', a);
      diary.ws.off('message', a);
    });
    assert.deepEqual(gone, { package: [], platform: [] });
  });

  it('unknown events and what is not a listener are ignored; the package: 401', async (t) => {
    const told = await both(t, ({ ws, lines }) => {
      const attempt = (call: () => unknown): void => {
        try {
          lines.push(String(call()));
        } catch (error) {
          lines.push(String((error as { code: number }).code));
        }
      };
      attempt(() => loose(ws).on('opened', () => {}));
      attempt(() => loose(ws).off('opened'));
      attempt(() => loose(ws).on('toString', () => {}));
      attempt(() => loose(ws).on('open', 'not a function'));
      attempt(() => loose(ws).on());
    });
    assert.deepEqual(told, { package: Array(5).fill('401'), platform: Array(5).fill('undefined') });
  });
});

describe('a method with another this', () => {
  it('returns undefined and does nothing; the package: 401', async (t) => {
    const methods = ['connect', 'send', 'close', 'on', 'off'] as const;
    const told = await both(t, (diary) => {
      for (const method of methods) {
        const callback = ({ code }: { code: number }): void => diary.write(`${method} called back ${code}`);
        try {
          diary.write(`${method} ${typeof loose(diary.ws)[method].call({}, 'open', callback)}`);
        } catch (error) {
          diary.write(`${method} threw ${(error as { code: number }).code}`);
        }
      }
    });
    assert.deepEqual(told, {
      package: [
        ...['connect undefined', 'send undefined', 'close undefined', 'on threw 401', 'off threw 401'],
        ...['connect called back 401', 'send called back 401', 'close called back 401'],
      ],
      platform: methods.map((method) => `${method} undefined`),
    });
  });
});

/** The texts that a server gets, until the Close frame, which is shown as `code reason`. */
async function received(link: Link): Promise<string[]> {
  const got: string[] = [];
  for (let next = await link.frame(); next !== undefined; next = await link.frame()) {
    if (next.opcode === Opcode.close) {
      const code = next.payload.length >= 2 ? next.payload.readUInt16BE() : 'none';
      got.push(`Close ${code} ${next.payload.subarray(2)}`.trimEnd());
      link.end(closeFrame(typeof code === 'number' ? code : undefined, next.payload.subarray(2).toString()));
      break;
    }
    got.push(next.opcode === Opcode.text ? next.payload.toString() : `<${[...next.payload]}>`);
  }
  return got;
}

/** A peer that gives what it received from each client, in turn. */
async function collecting(t: TestContext): Promise<Peer & { next(): Promise<string[]> }> {
  const all: Promise<string[]>[] = [];
  let came = (): void => {};
  const peer = await startPeer(t, async (link) => {
    await link.accept();
    const got = received(link);
    all.push(got);
    came();
    await got;
  });
  const next = async (): Promise<string[]> => {
    while (all.length === 0) await new Promise<void>((wake) => (came = wake));
    return all.shift()!;
  };
  return Object.assign(peer, { next });
}

describe('send while connecting', () => {
  it('is queued, sent in order before what listeners of open send, and settles like any send', async (t) => {
    const peer = await collecting(t);
    const told = await both(t, async (diary) => {
      diary.ws.on('open', () => void diary.ws.send('from open'));
      diary.ws.connect(peer.url, direct, () => {});
      const bytes = Uint8Array.of(1, 2, 3);
      diary.ws.send('first', diary.ended('first'));
      diary.ws.send(bytes.buffer).then(
        () => diary.write('second true'),
        (error: { code: number }) => diary.write(`second ${error.code}`),
      );
      bytes.fill(9); // captured at the call
      await diary.until('openInfo');
      await diary.until('second');
      diary.lines.splice(0, Infinity, ...diary.lines.filter((line) => /^(first|second)/.test(line)));
      await diary.ws.close();
      diary.lines.splice(2, Infinity, ...(await peer.next()));
    });
    assert.deepEqual(told, {
      package: ['first 2302999', 'second 2302999', 'from open', 'Close 1000 CLOSE_NORMAL'],
      platform: ['first true', 'second true', 'first', '<1,2,3>', 'from open', 'Close 1000 CLOSE_NORMAL'],
    });
  });

  it('is rejected when the attempt fails, after its error event, and ends no process', async (t) => {
    const url = await nowhere();
    const { platform } = await both(t, async (diary) => {
      diary.ws.connect(url, direct, diary.ended('connect'));
      diary.ws.send('never', diary.ended('send'));
      void diary.ws.send('never, and nobody looks');
      await diary.until('error');
    });
    assert.deepEqual(platform, ['connect true', 'error 200 0', 'send 2302999']);
  });

  it('refuses at once what cannot be sent', async (t) => {
    const url = await nowhere();
    await both(t, async (diary) => {
      diary.ws.connect(url, direct, () => {});
      loose(diary.ws).send(42, diary.ended('send'));
      await Promise.all([diary.until('error'), diary.until('send 401')]);
    });
  });
});

describe('close while connecting', () => {
  it('is carried out once the connection is open and the listeners of open have run', async (t) => {
    const peer = await collecting(t);
    const { platform } = await both(t, async (diary) => {
      diary.ws.on('open', () => void diary.ws.send('from open'));
      diary.ws.on('openInfo', () => {
        diary.write('openInfo');
        void diary.ws.send('from openInfo');
      });
      diary.ws.connect(peer.url, direct, () => {});
      diary.ws.close({ code: 4001, reason: 'early' }, diary.ended('closed'));
      diary.ws.close(diary.ended('joined'));
      await diary.until('closed');
      if (diary.lines.includes('openInfo')) diary.lines.push(...(await peer.next()));
    });
    assert.deepEqual(platform, [
      'headerReceive',
      'openInfo',
      'close 4001 early',
      'closed true',
      'joined true',
      'from open',
      'from openInfo',
      'Close 4001 early',
    ]);
  });

  it('settles by the failure of the attempt, which is one event; the package: gives up, error and close', async (t) => {
    const url = await nowhere();
    const told = await both(t, async (diary) => {
      diary.ws.connect(url, direct, diary.ended('connect'));
      diary.ws.close(diary.ended('closed'));
      await diary.until('closed');
    });
    assert.deepEqual(told, {
      package: ['error 200 0', 'connect 2302999', 'close 1006', 'closed true'],
      platform: ['connect true', 'error 200 0', 'closed true'],
    });
  });

  it('is refused at once when its options are wrong', async (t) => {
    const { url } = await startPeer(t, correct);
    const { platform } = await both(t, async (diary) => {
      diary.ws.connect(url, direct, () => {});
      diary.ws.close({ code: 1005 }, diary.ended('closed'));
      await diary.until('openInfo');
      await diary.ws.close();
    });
    assert.equal(platform[0], 'closed 401');
  });
});

describe('the end of a connection', () => {
  const cases: [string, Script, { package: string[]; platform: string[] }][] = [
    [
      'the peer’s Close without a code',
      async (link) => {
        await link.accept();
        link.end(closeFrame());
      },
      { package: ['close 1005'], platform: ['close 1000 The link is down'] },
    ],
    [
      'the peer’s Close without a reason',
      async (link) => {
        await link.accept();
        link.end(closeFrame(1001));
      },
      { package: ['close 1001'], platform: ['close 1001 The link is down'] },
    ],
    [
      'the peer’s Close with both',
      async (link) => {
        await link.accept();
        link.end(closeFrame(4000, 'bye'));
      },
      { package: ['close 4000 bye'], platform: ['close 4000 bye'] },
    ],
    [
      'a link that is lost',
      async (link) => {
        await link.accept();
        await link.frame();
        link.reset();
      },
      { package: ['error 200 0', 'close 1006'], platform: ['error 200 0', 'close 0 The link is down'] },
    ],
    [
      'a peer that breaks the protocol',
      async (link) => {
        await link.accept();
        link.end(Buffer.from([0xf1, 0]));
      },
      { package: ['error 200 0', 'close 1002'], platform: ['error 200 0', 'close 1002'] },
    ],
  ];
  for (const [title, script, expected] of cases) {
    it(title, async (t) => {
      const { url } = await startPeer(t, script);
      const told = await both(t, async (diary) => {
        diary.ws.on('open', () => void diary.ws.send('come on'));
        diary.ws.connect(url, direct, () => {});
        await diary.until('close');
      });
      const end = (lines: string[]): string[] =>
        lines
          .filter((line) => /^(error|close)/.test(line))
          .map((line) => (line.startsWith('close 1002') ? 'close 1002' : line));
      assert.deepEqual({ package: end(told.package), platform: end(told.platform) }, expected);
    });
  }

  /** How the program's own close is reported when the peer answers like this. */
  async function ownClose(t: TestContext, options: object | undefined, answer: (link: Link) => void): Promise<unknown> {
    const { url } = await startPeer(t, async (link) => {
      await link.accept();
      await link.frameOf(Opcode.close);
      answer(link);
    });
    const told = await both(t, async (diary) => {
      await diary.ws.connect(url, { ...direct, closeTimeout: 200 });
      if (!diary.lines.includes('openInfo')) await diary.until('openInfo');
      diary.ws.close(options, diary.ended('closed'));
      await diary.until('closed');
      diary.lines.splice(0, diary.lines.indexOf('openInfo') + 1);
    });
    return told;
  }

  it('the program’s own: its code and reason, when the answer has none', async (t) => {
    assert.deepEqual(await ownClose(t, { code: 3001, reason: 'mine' }, (link) => link.end(closeFrame(3001))), {
      package: ['close 3001', 'closed true'],
      platform: ['close 3001 mine', 'closed true'],
    });
    assert.deepEqual(await ownClose(t, undefined, (link) => link.end(closeFrame())), {
      package: ['close 1005', 'closed true'],
      platform: ['close 1000 CLOSE_NORMAL', 'closed true'],
    });
  });

  it('close({ reason: "" }) says CLOSE_NORMAL', async (t) => {
    const peer = await collecting(t);
    const told = await both(t, async (diary) => {
      diary.ws.on('open', () => diary.ws.close({ reason: '' }, diary.ended('closed')));
      diary.ws.connect(peer.url, direct, () => {});
      await diary.until('closed');
      diary.lines.splice(0, Infinity, ...(await peer.next()), ...diary.lines.filter((line) => /^close/.test(line)));
    });
    assert.deepEqual(told, {
      package: ['Close 1000', 'close 1000', 'closed true'],
      platform: ['Close 1000 CLOSE_NORMAL', 'close 1000 CLOSE_NORMAL', 'closed true'],
    });
  });

  it('lets the same object connect again', async (t) => {
    const { url } = await startPeer(t, correct);
    await both(t, async (diary) => {
      for (let round = 0; round < 3; round++) {
        diary.lines.length = 0;
        diary.ws.connect(url, direct, () => {});
        await diary.until('openInfo');
        await diary.ws.close();
        assert.equal(diary.lines.filter((line) => line.startsWith('close')).length, 1);
      }
    });
  });
});

describe('options of connect', () => {
  /** The head of the request that a program makes with these options; `port` is where it goes. */
  async function request(t: TestContext, options: (port: number) => object | null): Promise<Record<string, string[]>> {
    const heads: string[][] = [];
    const peer = await startPeer(t, async (link) => {
      const { lines } = await link.accept();
      heads.push([...lines]);
      await link.serve();
    });
    const told = await both(t, async (diary) => {
      loose(diary.ws).connect(peer.url, options(peer.port), diary.ended('connect'));
      await Promise.race([diary.until('connect 401'), diary.until('openInfo')]);
      if (!diary.lines.includes('openInfo')) return;
      await diary.ws.close();
      diary.lines.splice(
        0,
        Infinity,
        ...heads.pop()!.filter((line) => /^(Origin|Name|Sec-WebSocket-Protocol):/i.test(line)),
      );
    });
    return { ...told };
  }

  const wrong: Record<string, object> = {
    "header: 'x'": { header: 'x' },
    'header: null': { header: null },
    'a header value that is null': { header: { 'X-Other': null } },
    'caPath: null': { caPath: null },
    'caPath: 1': { caPath: 1 },
    "clientCert: ''": { clientCert: '' },
    'clientCert with a null in it': { clientCert: { certPath: null, keyPath: null } },
    'protocol: 7': { protocol: 7 },
    "pingInterval: '10'": { pingInterval: '10' },
    'pongTimeout: null': { pongTimeout: null },
    "skipServerCertVerification: 'true'": { skipServerCertVerification: 'true' },
    'minSupportTlsProtocol: 9': { minSupportTlsProtocol: 9 },
    "supportOriginPort: 'yes'": { supportOriginPort: 'yes' },
    'signal: null': { signal: null },
  };
  for (const [title, option] of Object.entries(wrong)) {
    it(`${title} is as if not given; the package: 401`, async (t) => {
      const told = await request(t, () => ({ ...direct, ...option }));
      assert.deepEqual(told, { package: ['connect 401'], platform: ['Origin: http://127.0.0.1'] });
    });
  }

  it('proxy: null is as if not given, and so are options that are null; the package: 401', async (t) => {
    for (const options of [null, { proxy: null }, { proxy: 8080 }]) {
      const told = await request(t, () => options);
      assert.deepEqual(told, { package: ['connect 401'], platform: ['Origin: http://127.0.0.1'] });
    }
  });

  it('a proxy may be a URL of any realm', () => {
    const url = Object.defineProperty({ href: 'socks5://p.test:1' }, Symbol.toStringTag, { value: 'URL' });
    assert.equal((platformOptions({ proxy: url }) as { proxy: unknown }).proxy, url);
  });

  it('a proxy without a host is direct; the package: 401', async (t) => {
    for (const proxy of [{ host: '', port: 0, exclusionList: [] }, {}, { host: null, port: null }]) {
      const told = await request(t, () => ({ proxy }));
      assert.deepEqual(told, { package: ['connect 401'], platform: ['Origin: http://127.0.0.1'] });
    }
  });

  it('an Origin is always sent, with the port when it is asked for, unless header has one', async (t) => {
    assert.deepEqual(await request(t, () => direct), { package: [], platform: ['Origin: http://127.0.0.1'] });
    for (const supportOriginPort of [true, false]) {
      const told = await request(t, (port) => ({ ...direct, supportOriginPort, header: { Name: String(port) } }));
      const port = told['package']!.find((line) => line.startsWith('Name: '))!.slice(6);
      const origin = `Origin: http://127.0.0.1${supportOriginPort ? `:${port}` : ''}`;
      assert.deepEqual(told, { package: [origin, `Name: ${port}`], platform: [origin, `Name: ${port}`] });
    }
    const own = ['origin: https://example.test'];
    const told = await request(t, () => ({ ...direct, header: { origin: 'https://example.test' } }));
    assert.deepEqual(told, { package: own, platform: own });
  });

  it('what the platform drops is sent: numbers and arrays as header values, a Map', async (t) => {
    const sent = ['Origin: http://127.0.0.1', 'Name: 1', 'Name: a', 'Name: b'];
    const told = await request(t, () => ({ ...direct, header: { Name: ['1', 'a', 'b'] }, protocol: '' }));
    assert.deepEqual(told['platform'], sent);
    assert.deepEqual((await request(t, () => ({ ...direct, header: { Name: 1 } })))['platform'], sent.slice(0, 2));
  });

  it('what Object.prototype was given does not count', async (t) => {
    const prototype = Object.prototype as Record<string, unknown>;
    prototype['protocol'] = 'polluted';
    t.after(() => delete prototype['protocol']);
    assert.deepEqual((await request(t, () => direct))['platform'], ['Origin: http://127.0.0.1']);
  });

  it('options that cannot be read are 401', async (t) => {
    const { platform } = await both(t, async (diary) => {
      const options = Object.defineProperty({}, 'header', {
        get: () => {
          throw new Error('no');
        },
      });
      loose(diary.ws).connect('ws://127.0.0.1/', options, diary.ended('connect'));
      loose(diary.ws).connect('ws://127.0.0.1/', 'options', diary.ended('connect'));
      await diary.until('connect');
    });
    assert.deepEqual(platform, ['connect 401', 'connect 401']);
  });

  it('those of close: of a wrong type, or null, as if not given; the package: 401', async (t) => {
    for (const options of [null, { code: '4000', reason: null }]) {
      const { url } = await startPeer(t, correct);
      const told = await both(t, async (diary) => {
        diary.ws.on('open', () => loose(diary.ws).close(options, diary.ended('closed')));
        diary.ws.connect(url, direct, () => {});
        await diary.until('closed');
        if (diary.lines.includes('closed 401')) await diary.ws.close();
      });
      assert.ok(told.package.includes('closed 401'));
      assert.deepEqual(told.platform.slice(-2), ['close 1000 CLOSE_NORMAL', 'closed true']);
    }
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { typeName } from '../../lib/api/arguments.js';
import type { BusinessError } from '../../lib/api/errors.js';
import { planClose, planConnect } from '../../lib/api/options.js';
import { userAgent } from '../../lib/api/user-agent.js';

const url = 'ws://example.test/';
const plan = (options?: unknown) => planConnect(url, options);

/** That this is 401, and the message names the option. */
function refuses(options: Record<string, unknown>, name: string): void {
  assert.throws(
    () => plan(options),
    (error: BusinessError) =>
      error.code === 401 && error.message.startsWith('Parameter error. ') && error.message.includes(name),
    `${name}: ${String(Object.values(options)[0])}`,
  );
}

describe('planConnect: defaults', () => {
  it('are those of the documentation, for no options, an empty object and options that are undefined', () => {
    const names = ['header', 'caPath', 'clientCert', 'proxy', 'protocol', 'skipServerCertVerification', 'pingInterval'];
    const more = ['pongTimeout', 'minSupportTlsProtocol', 'supportOriginPort', 'handshakeTimeout', 'closeTimeout'];
    const ours = ['maxMessageSize', 'maxUrlLength', 'perMessageDeflate', 'signal'];
    const unset = Object.fromEntries([...names, ...more, ...ours].map((name) => [name, undefined]));
    for (const options of [undefined, {}, unset]) {
      const {
        target,
        dial,
        fields,
        subprotocols,
        limits,
        handshakeTimeout,
        pingInterval,
        pongTimeout,
        deflate,
        signal,
      } = plan(options);
      assert.equal(target.host, 'example.test');
      assert.equal(dial.proxy, 'system');
      assert.equal(dial.tls.caPath, undefined);
      assert.equal(dial.tls.clientCert, undefined);
      assert.equal(dial.tls.skipServerCertVerification, false);
      assert.equal(dial.tls.minSupportTlsProtocol, undefined);
      assert.deepEqual([fields, subprotocols], [[['User-Agent', userAgent]], []]);
      assert.equal(dial.userAgent, userAgent);
      assert.deepEqual(limits, {
        maxHeadSize: 16384,
        maxHeadFields: 128,
        maxFragments: 131072,
        maxMessageSize: 104857600,
        closeTimeout: 10_000,
      });
      assert.deepEqual([handshakeTimeout, pingInterval, pongTimeout], [30_000, 30_000, 30_000]);
      assert.deepEqual([deflate, signal], [undefined, undefined]);
    }
  });

  it('ignores unknown names', () => {
    assert.doesNotThrow(() => plan({ someday: 1, timeout: 'x' }));
  });

  it('are own properties: what Object.prototype was given does not count', () => {
    const whole = { header: {}, proxy: { host: 'p', port: 1 }, clientCert: {}, perMessageDeflate: {} };
    const expected = JSON.stringify([plan({}), plan(whole), planClose({})]);
    const polluted: Record<string, unknown> = {
      skipServerCertVerification: true,
      caPath: '/tmp/mine.pem',
      maxMessageSize: 1,
      signal: 'x',
      'x-injected': 'y',
      username: 'eve',
      password: 'p',
      exclusionList: ['*'],
      certPath: 'c',
      keyPath: 'k',
      threshold: 1,
      code: 3000,
      reason: 'r',
    };
    Object.assign(Object.prototype, polluted);
    try {
      assert.equal(JSON.stringify([plan({}), plan(whole), planClose({})]), expected);
    } finally {
      for (const name of Object.keys(polluted)) delete (Object.prototype as Record<string, unknown>)[name];
    }
  });

  it('is frozen, and keeps nothing that the program may change', () => {
    const options = {
      header: { a: ['1'] },
      proxy: { host: 'p', port: 1, exclusionList: ['x'] },
      clientCert: { certPath: 'c', keyPath: 'k' },
    };
    const made = plan(options);
    options.header.a[0] = '2';
    options.proxy.host = 'q';
    options.proxy.exclusionList.push('y');
    options.clientCert.certPath = 'd';
    assert.deepEqual(made.fields.at(-1), ['a', '1']);
    assert.deepEqual(made.dial.proxy, { host: 'p', port: 1, exclusionList: ['x'] });
    assert.equal(made.dial.tls.clientCert?.certPath, 'c');
    assert.ok(Object.isFrozen(made));
  });
});

describe('planConnect: url', () => {
  it('is text or a URL object, of this realm or another', () => {
    assert.equal(planConnect(new URL('wss://h.test/p?q'), {}).target.resource, '/p?q');
    const elsewhere = runInNewContext('make("ws://h.test/")', { make: (text: string) => new URL(text) });
    assert.equal(planConnect(elsewhere, {}).target.host, 'h.test');
  });

  it('names what came instead', () => {
    const wrong: [unknown, string][] = [
      [new Blob([]), 'a Blob'],
      [new Uint8Array(1), 'a Uint8Array'],
      [Promise.resolve(''), 'a Promise'],
      [{}, 'object'],
      [{ href: 'ws://h.test/' }, 'object'],
      [undefined, 'undefined'],
      [1n, 'bigint'],
    ];
    for (const [value, name] of wrong) {
      const message = `Parameter error. url must be a string or a URL, got ${name}.`;
      assert.throws(() => planConnect(value, {}), { code: 401, message });
    }
  });
});

describe('planConnect: types', () => {
  const wrong: Record<string, unknown[]> = {
    header: [null, 1, 'a: b', true, ['a']],
    caPath: [null, 1, {}, []],
    clientCert: [null, 1, 'x', []],
    proxy: [null, 1, 'none', '', true, []],
    protocol: [null, 1, {}, ['a']],
    skipServerCertVerification: [null, 1, 'true'],
    pingInterval: [null, '30', true],
    pongTimeout: [null, '30', true],
    minSupportTlsProtocol: [null, 'TLSv1.2', 4, -1, 1.5, NaN],
    supportOriginPort: [null, 1, 'true'],
    handshakeTimeout: [null, '1', 0, -1, NaN],
    closeTimeout: [null, '1', -1, NaN],
    maxMessageSize: [null, '1', -1, 1.5, NaN],
    maxUrlLength: [null, '1', 0, -1, 1.5, NaN],
    maxRedirects: [null, '1', -1, 1.5, NaN, true],
    ca: [null, 1, {}, [1], [undefined], new Blob([])],
    servername: [null, 1, '127.0.0.1', '::1', 'h.test:443', 'a b'],
    socketPath: [null, 1, [], 'a\0b'],
    family: [null, '4', 5, 1.5, NaN],
    localAddress: [null, 1, 'localhost', '127.0.0.1:80'],
    lookup: [null, 1, 'x', {}],
    connection: [null, 1, 'x', {}, new Blob([]), { write() {} }],
    perMessageDeflate: [null, 1, 'on', []],
    signal: [null, 1, {}, { aborted: false }, { aborted: false, addEventListener() {} }],
  };
  for (const [name, values] of Object.entries(wrong)) {
    it(`${name}: a value of the wrong type is 401 with its name`, () => {
      for (const value of values) refuses({ [name]: value }, name);
    });
  }

  it('never repeats a value, which may be a secret', () => {
    for (const options of [
      { proxy: { host: 'p', port: 1, password: ['hunter2'] } },
      { clientCert: { keyPassword: { hunter2: 1 } } },
    ]) {
      assert.throws(
        () => plan(options),
        (error: BusinessError) => error.code === 401 && !error.message.includes('hunter2'),
      );
    }
  });
});

describe('planConnect: heartbeat', () => {
  const rows: [given: Record<string, number>, interval: number, timeout: number][] = [
    [{ pingInterval: 10 }, 10, 10],
    [{ pingInterval: 10, pongTimeout: 5 }, 10, 5],
    [{ pingInterval: 10, pongTimeout: 20 }, 10, 10],
    [{ pongTimeout: 5 }, 30, 5],
    [{ pingInterval: 30000, pongTimeout: 30000 }, 30000, 30000],
    [{ pingInterval: 30001, pongTimeout: 30001 }, 30, 30],
    [{ pingInterval: -1, pongTimeout: -1 }, 30, 30],
    [{ pingInterval: NaN, pongTimeout: Infinity }, 30, 30],
    [{ pingInterval: 0 }, 0, 0],
    [{ pingInterval: 0, pongTimeout: 10 }, 0, 0],
    [{ pongTimeout: 0 }, 30, 0],
    [{ pingInterval: 0.5, pongTimeout: 0.25 }, 0.5, 0.25],
  ];
  for (const [given, interval, timeout] of rows) {
    it(`${JSON.stringify(given)} is ${interval} s and ${timeout} s`, () => {
      const { pingInterval, pongTimeout } = plan(given);
      assert.deepEqual([pingInterval, pongTimeout], [interval * 1000, timeout * 1000]);
    });
  }
});

describe('planConnect: numbers', () => {
  it('takes limits that are Infinity, and no longer time than a timer can', () => {
    const { limits, handshakeTimeout } = plan({
      maxMessageSize: Infinity,
      maxUrlLength: Infinity,
      handshakeTimeout: Infinity,
      closeTimeout: 1e12,
    });
    assert.equal(limits.maxMessageSize, Infinity);
    assert.deepEqual([handshakeTimeout, limits.closeTimeout], [2 ** 31 - 1, 2 ** 31 - 1]);
  });

  it('takes 0 where it says something', () => {
    const { limits } = plan({ maxMessageSize: 0, closeTimeout: 0 });
    assert.deepEqual([limits.maxMessageSize, limits.closeTimeout], [0, 0]);
  });
});

describe('planConnect: proxy', () => {
  it('takes system, no-proxy and an HttpProxy, with or without an exclusionList', () => {
    for (const proxy of ['system', 'no-proxy'] as const) assert.equal(plan({ proxy }).dial.proxy, proxy);
    const full = { host: '192.168.0.150', port: 8888, username: 'u', password: 'p', exclusionList: ['*.test'] };
    assert.deepEqual(plan({ proxy: full }).dial.proxy, full);
    assert.deepEqual(plan({ proxy: { host: '::1', port: 65535 } }).dial.proxy, {
      host: '::1',
      port: 65535,
      exclusionList: [],
    });
  });

  it('refuses what is no proxy with the name of the part', () => {
    for (const host of [undefined, '', 1, 'a b', 'http://proxy', 'a/b', 'user@proxy'])
      refuses({ proxy: { host, port: 1 } }, 'proxy.host');
    for (const port of [undefined, '8080', 0, -1, 65536, 1.5, NaN])
      refuses({ proxy: { host: 'p', port } }, 'proxy.port');
    for (const exclusionList of [null, 'a', [1], {}])
      refuses({ proxy: { host: 'p', port: 1, exclusionList } }, 'proxy.exclusionList');
    refuses({ proxy: { host: 'p', port: 1, username: 1 } }, 'proxy.username');
    refuses({ proxy: { host: 'p', port: 1, password: 1 } }, 'proxy.password');
  });
});

describe('planConnect: certificates', () => {
  it('takes an empty caPath and empty paths for none', () => {
    const { tls } = plan({ caPath: '', clientCert: { certPath: '', keyPath: '' } }).dial;
    assert.deepEqual([tls.caPath, tls.clientCert], [undefined, undefined]);
  });

  it('takes both paths and a password', () => {
    const clientCert = { certPath: 'c', keyPath: 'k', keyPassword: 's' };
    assert.deepEqual(plan({ clientCert }).dial.tls.clientCert, clientCert);
  });

  it('refuses one path without the other, and parts of the wrong type', () => {
    refuses({ clientCert: { certPath: 'c' } }, 'clientCert');
    refuses({ clientCert: { certPath: '', keyPath: 'k' } }, 'clientCert');
    for (const part of ['certPath', 'keyPath', 'keyPassword'])
      refuses({ clientCert: { [part]: 1 } }, `clientCert.${part}`);
  });

  it('takes every version of TlsProtocol', () => {
    for (const version of [0, 1, 2, 3])
      assert.equal(plan({ minSupportTlsProtocol: version }).dial.tls.minSupportTlsProtocol, version);
  });
});

describe('planConnect: perMessageDeflate', () => {
  it('is off by default and when false, on when true or an object', () => {
    assert.equal(plan({ perMessageDeflate: false }).deflate, undefined);
    assert.notEqual(plan({ perMessageDeflate: true }).deflate, undefined);
    assert.notEqual(plan({ perMessageDeflate: {} }).deflate, undefined);
  });
});

describe('planConnect: Origin', () => {
  const origin = (target: string, options: object) =>
    planConnect(target, options)
      .fields.filter(([name]) => name === 'Origin')
      .map(([, value]) => value);

  it('has the scheme of HTTP, brackets around IPv6, and the port only when asked for', () => {
    assert.deepEqual(origin('wss://h.test/', { supportOriginPort: false }), ['https://h.test']);
    assert.deepEqual(origin('wss://h.test/', { supportOriginPort: true }), ['https://h.test:443']);
    assert.deepEqual(origin('ws://[::1]:81/', { supportOriginPort: true }), ['http://[::1]:81']);
    assert.deepEqual(origin('ws://[::1]:81/', { supportOriginPort: false }), ['http://[::1]']);
  });
});

describe('planConnect: the options in perMessageDeflate', () => {
  const deflate = (given: unknown) => plan({ perMessageDeflate: given }).deflate;

  it('are taken over, each of them', () => {
    const options = {
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
      serverMaxWindowBits: 8,
      clientMaxWindowBits: 9,
      threshold: 0,
      level: 9,
    };
    assert.deepEqual(deflate(options), options);
  });

  it('are not given when undefined; unknown names mean nothing', () => {
    const given = { level: undefined, threshold: 7, memLevel: 'x', __proto__: { unknown: 1 } };
    assert.deepEqual(deflate(given), { threshold: 7 });
  });

  it('are those at the call', () => {
    const given = { level: 1 };
    const taken = deflate(given);
    given.level = 99;
    assert.deepEqual(taken, { level: 1 });
    assert.ok(Object.isFrozen(taken));
  });

  for (const value of [null, 1, 'true', [], () => 0, Symbol('x')]) {
    it(`${String(Array.isArray(value) ? '[]' : value)} is neither a boolean nor an object`, () => {
      const message = `Parameter error. perMessageDeflate must be a boolean or an object of options, got ${typeName(value)}.`;
      assert.throws(() => deflate(value), { code: 401, message });
    });
  }

  const wrong: readonly [name: string, values: readonly unknown[], demand: string][] = [
    ['serverNoContextTakeover', [0, 'true', null], 'a boolean'],
    ['clientNoContextTakeover', [1, {}], 'a boolean'],
    ['serverMaxWindowBits', [7, 16, 8.5, NaN, '15', true, null], 'an integer from 8 to 15'],
    ['clientMaxWindowBits', [7, 16, -8, Infinity, '8', false], 'an integer from 8 to 15'],
    ['threshold', [-1, 0.5, Infinity, NaN, '1024', null], 'an integer from 0'],
    ['level', [-1, 10, 1.5, '6', null], 'an integer from 0 to 9'],
  ];
  for (const [name, values, demand] of wrong) {
    it(`${name} is ${demand}`, () => {
      for (const value of values) {
        assert.throws(
          () => deflate({ [name]: value }),
          (error: Error) =>
            error.message.startsWith(`Parameter error. perMessageDeflate.${name} must be ${demand}, got `),
        );
      }
    });
  }
});

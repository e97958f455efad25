import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AddressPlan,
  allowedAddresses,
  isName,
  knownAddresses,
  lookUp,
} from '../../../lib/transport/dial/addresses.js';
import type { LookupFunction } from '../../../lib/transport/dial/lookup.js';
import { connects, echo, failure, planOf, ws } from '../../peer/dialling.js';

const found = (plan: AddressPlan, host = 'h.test'): Promise<string[] | string> =>
  new Promise((resolve) => lookUp(host, plan, (error, addresses) => resolve(error?.message ?? addresses)));
const gives =
  (...answer: unknown[]): LookupFunction =>
  (_host, _options, done) =>
    Reflect.apply(done, undefined, [null, ...answer]);

describe('the lookup of the program', () => {
  it('is asked for all addresses, of the family that is wanted', async () => {
    const asked: unknown[] = [];
    const lookup: LookupFunction = (host, options, done) => {
      asked.push([host, options.all, options.family]);
      done(null, [{ address: '127.0.0.1', family: 4 }]);
    };
    await found({ lookup });
    await found({ lookup, family: 4 });
    assert.deepEqual(asked, [
      ['h.test', true, undefined],
      ['h.test', true, 4],
    ]);
  });

  it('may give addresses in a list, or one of them as the short form of dns.lookup does', async () => {
    const list = [
      { address: '::1', family: 6 },
      { address: '::2', family: 6 },
      { address: '127.0.0.1', family: 4 },
    ];
    assert.deepEqual(await found({ lookup: gives(list) }), ['::1', '127.0.0.1', '::2']);
    assert.deepEqual(await found({ lookup: gives(list), family: 4 }), ['127.0.0.1']);
    assert.deepEqual(await found({ lookup: gives('127.0.0.1', 4) }), ['127.0.0.1']);
  });

  it('may give a promise, as dns.promises.lookup does, or call back after its promise is settled', async () => {
    const promising = (lookup: unknown): AddressPlan => ({ lookup: lookup as LookupFunction });
    const address = { address: '127.0.0.1', family: 4 };
    assert.deepEqual(await found(promising(async () => [address])), ['127.0.0.1']);
    assert.deepEqual(await found(promising(async () => address)), ['127.0.0.1']);
    const late = async (_: string, __: object, done: (error: null, all: object[]) => void): Promise<void> =>
      void setImmediate(() => done(null, [address]));
    assert.deepEqual(await found(promising(late)), ['127.0.0.1']);
    for (const cause of [new Error('nobody knows'), undefined]) {
      const message = await found(promising(() => Promise.reject(cause)));
      assert.match(
        message as string,
        /h\.test could not be resolved \((?:nobody knows|lookup rejected with nothing)\)/,
      );
    }
  });

  it('fails with a sentence, whatever it does', async () => {
    const rows: [LookupFunction, RegExp][] = [
      [gives([]), /gave no address/],
      [gives(undefined), /gave no address/],
      [gives([{ address: 'h.test', family: 4 }]), /gave something that is not an IP address/],
      [gives([null]), /gave something that is not an IP address/],
      [gives('nonsense'), /gave something that is not an IP address/],
      [
        (_host, _options, done) => done(Object.assign(new Error('x'), { code: 'ENOTFOUND' }), ''),
        /could not be resolved \(ENOTFOUND\)/,
      ],
      [(_host, _options, done) => done('text' as never, ''), /could not be resolved \(text\)/],
      [
        () => {
          throw new Error('broken\nline');
        },
        /could not be resolved \(broken\\nline\)/,
      ],
    ];
    for (const [lookup, message] of rows) assert.match(String(await found({ lookup })), message);
    assert.match(
      String(await found({ lookup: gives('127.0.0.1', 4), family: 6 })),
      /no address of the family that was asked for, IPv6/,
    );
  });

  it('is heard once, and never before the call has returned', async () => {
    let calls = 0;
    let returned = false;
    const lookup: LookupFunction = (_host, _options, done) => {
      done(null, '127.0.0.1', 4);
      done(null, '127.0.0.1', 4);
      done(new Error('too late'), '');
    };
    await new Promise<void>((resolve) => {
      lookUp('h.test', { lookup }, () => {
        assert.ok(returned);
        calls++;
        setImmediate(resolve);
      });
      returned = true;
    });
    assert.equal(calls, 1);
  });

  it('leads a connection to where it says, for localhost too, and its failure is one of DNS', async (t) => {
    const port = await echo(t);
    for (const host of ['h.test', 'localhost']) {
      await connects(t, { ...planOf(ws(port, host)), addresses: { lookup: gives('127.0.0.1', 4) } });
    }
    const failed = await failure(t, { ...planOf(ws(port, 'h.test')), addresses: { lookup: gives([]) } });
    assert.equal(failed.kind, 'dns');
    assert.equal(
      failed.message,
      `could not connect to the server h.test:${port}: the lookup of the host name h.test gave no address`,
    );
  });
});

describe('the addresses of a host', () => {
  it('are known for an address, and for localhost unless the program looks names up', () => {
    assert.deepEqual(knownAddresses('::1', {}), ['::1']);
    assert.deepEqual(knownAddresses('localhost', {}), ['127.0.0.1', '::1']);
    assert.equal(knownAddresses('localhost', { lookup: gives() }), undefined);
    assert.equal(knownAddresses('h.test', {}), undefined);
    assert.deepEqual(
      [isName('h.test', undefined), isName('localhost', undefined), isName('::1', undefined)],
      [true, false, false],
    );
    assert.equal(isName('localhost', { lookup: gives() }), true);
  });

  it('are those of the family that was asked for; an address that was written down is taken as it is', () => {
    assert.deepEqual(allowedAddresses('localhost', ['127.0.0.1', '::1'], { family: 6 }), ['::1']);
    assert.deepEqual(allowedAddresses('127.0.0.1', ['127.0.0.1'], { family: 6 }), ['127.0.0.1']);
  });

  it('are those of the family of the local address', async (t) => {
    assert.deepEqual(allowedAddresses('localhost', ['127.0.0.1', '::1'], { localAddress: '::1' }), ['::1']);
    const port = await echo(t);
    const { socket } = await connects(t, { ...planOf(ws(port)), addresses: { localAddress: '127.0.0.2' } });
    assert.equal(socket.localAddress, '127.0.0.2');
    const wrong = await failure(t, { ...planOf(ws(port)), addresses: { localAddress: '::1' } });
    assert.match(wrong.message, /127\.0\.0\.1 is not an address of the family of the local address ::1/);
    const strange = await failure(t, { ...planOf(ws(port)), addresses: { localAddress: '192.0.2.77' } });
    assert.match(strange.message, /the address is not available on this machine/);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Socks5, type SocksCredentials, SocksError, type SocksTarget } from '../../../lib/protocol/socks/socks5.js';

const named: SocksTarget = { host: 'h.test', port: 0x1234 };
const user: SocksCredentials = { username: 'user', password: 'hunter2' };

/** Lets a client have an answer in pieces of that size. @returns what it sent, and what was left over */
function negotiate(answer: number[], size: number, target = named, credentials?: SocksCredentials) {
  const socks = new Socks5(target, credentials);
  const bytes = Uint8Array.from(answer);
  const sent = [[...socks.takeOutput()!]];
  let at = 0;
  while (at < bytes.length && !socks.isEstablished) {
    const end = Math.min(at + size, bytes.length);
    while (at < end && !socks.isEstablished) at = socks.push(bytes, at, end);
    const output = socks.takeOutput();
    if (output !== undefined) sent.push([...output]);
  }
  return { socks, sent, rest: answer.slice(at) };
}

const reply = [5, 0, 0, 1, 127, 0, 0, 1, 0, 80];

describe('a SOCKS5 client', () => {
  it('asks for a name without credentials, and leaves what follows to the target, however the answer is cut', () => {
    for (let size = 1; size <= 14; size++) {
      const { socks, sent, rest } = negotiate([5, 0, ...reply, 7, 8], size);
      assert.equal(socks.isEstablished, true);
      assert.deepEqual(sent.flat(), [5, 1, 0, 5, 1, 0, 3, 6, ...Buffer.from('h.test'), 0x12, 0x34]);
      assert.deepEqual(rest, [7, 8]);
    }
  });

  it('shows its credentials when the proxy asks for them only', () => {
    for (let size = 1; size <= 14; size++) {
      const { socks, sent } = negotiate([5, 2, 1, 0, ...reply], size, named, user);
      assert.equal(socks.isEstablished, true);
      const shown = [1, 4, ...Buffer.from('user'), 7, ...Buffer.from('hunter2')];
      assert.deepEqual(sent.flat().slice(0, 4 + shown.length), [5, 2, 0, 2, ...shown]);
    }
    const { sent } = negotiate([5, 0, ...reply], 1, named, user);
    assert.equal(sent.length, 2);
  });

  it('names an address by its bytes', () => {
    const four = negotiate([5, 0, ...reply], 1, { host: '1.2.3.4', port: 80, address: Uint8Array.of(1, 2, 3, 4) });
    assert.deepEqual(four.sent[1], [5, 1, 0, 1, 1, 2, 3, 4, 0, 80]);
    const six = negotiate([5, 0, ...reply], 1, { host: '::1', port: 80, address: new Uint8Array(16).fill(9) });
    assert.deepEqual(six.sent[1], [5, 1, 0, 4, ...new Array(16).fill(9), 0, 80]);
  });

  it('asks for no name that is longer than SOCKS5 can carry', () => {
    const { sent } = negotiate([5, 0], 1, { host: 'a'.repeat(255), port: 80 });
    assert.deepEqual(sent[1]!.slice(3, 6), [3, 255, 97]);
    assert.throws(() => negotiate([5, 0], 1, { host: 'a'.repeat(256), port: 80 }), {
      name: 'SocksError',
      message: 'the host name has 256 bytes, and SOCKS5 carries at most 255',
    });
  });

  it('takes a reply with an address of any kind', () => {
    for (const address of [
      [1, 1, 2, 3, 4],
      [4, ...new Array(16).fill(1)],
      [3, 0],
      [3, 3, 97, 98, 99],
    ]) {
      const { socks, rest } = negotiate([5, 0, 5, 0, 0, ...address, 0, 80, 42], 100);
      assert.deepEqual([socks.isEstablished, rest], [true, [42]]);
    }
  });

  const wrong: readonly [what: string, answer: number[], message: RegExp, credentials?: SocksCredentials][] = [
    ['another version', [4], /does not speak SOCKS5: expected an answer of version 5, got 4$/],
    [
      'an HTTP server',
      [...Buffer.from('HTTP/1.1')],
      /got 72: it answers as an HTTP server does, is it an HTTP proxy\?/,
    ],
    [
      'a demand for credentials',
      [5, 0xff],
      /wants a user name and password: give username and password in the option proxy/,
    ],
    ['no acceptable method', [5, 0xff], /neither a client without authentication nor one with a user name/, user],
    ['a method that was not offered', [5, 1], /chose a way of authentication that was not offered \(1\)/],
    ['credentials that were not offered', [5, 2], /was not offered \(2\)/],
    ['wrong credentials', [5, 2, 1, 1], /does not accept the user name and password/, user],
    [
      'another version of the credentials',
      [5, 2, 5, 0],
      /user name and password of SOCKS5: expected an answer of version 1, got 5/,
      user,
    ],
    ['another version of the reply', [5, 0, 4], /expected an answer of version 5, got 4/],
    ['an address of no kind', [5, 0, 5, 0, 0, 2], /a kind of address that does not exist \(2\)/],
    ['refusal 1', [5, 0, 5, 1], /with 1: it failed for a reason of its own/],
    ['refusal 2', [5, 0, 5, 2], /with 2: its rules do not allow a connection to h\.test:4660/],
    ['refusal 3', [5, 0, 5, 3], /with 3: it finds the network of h\.test:4660 unreachable/],
    ['refusal 4', [5, 0, 5, 4], /with 4: it finds the host of h\.test:4660 unreachable/],
    ['refusal 5', [5, 0, 5, 5], /with 5: h\.test:4660 refused its connection/],
    ['refusal 6', [5, 0, 5, 6], /with 6: its packets to h\.test:4660 expired/],
    ['refusal 7', [5, 0, 5, 7], /with 7: it does not support CONNECT/],
    ['refusal 8', [5, 0, 5, 8], /with 8: it does not support this kind of address: h\.test:4660/],
    ['an unknown refusal', [5, 0, 5, 200], /with 200: a code without a meaning/],
  ];
  for (const [what, answer, message, credentials] of wrong) {
    it(`says what is wrong, as soon as it is there: ${what}`, () => {
      for (const size of [1, 100]) {
        assert.throws(
          () => negotiate(answer, size, named, credentials),
          (error: Error) =>
            error instanceof SocksError && message.test(error.message) && !/hunter2/.test(error.message),
        );
      }
    });
  }

  it('knows what it waits for', () => {
    assert.equal(new Socks5(named).awaits, 'the greeting');
    assert.equal(negotiate([5, 2], 2, named, user).socks.awaits, 'the user name and password');
    assert.equal(negotiate([5, 0, 5, 0, 0], 5).socks.awaits, 'the request to connect');
  });
});

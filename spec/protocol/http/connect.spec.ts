import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  encodeConnectRequest,
  TunnelReply,
  tunnelAuthority,
  tunnelLimits,
} from '../../../lib/protocol/http/connect.js';
import { Violation } from '../../../lib/protocol/rules.js';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const basic = `Basic ${Buffer.from('user:hunter2').toString('base64')}`;

/** Gives a reply in pieces of one size; the reader and what follows the head, were it a tunnel. */
function read(text: string, size = text.length, authorization?: string): { reply: TunnelReply; rest: string } {
  const reply = new TunnelReply(authorization);
  let rest = '';
  for (let at = 0; at < text.length; at += size) {
    const chunk = bytes(text.slice(at, at + size));
    const taken = reply.state === 'established' ? 0 : reply.push(chunk, 0, chunk.length);
    rest += chunk.toString('latin1', taken);
  }
  return { reply, rest };
}

function violation(text: string, size?: number): Violation {
  try {
    read(text, size);
  } catch (error) {
    if (error instanceof Violation) return error;
    throw error;
  }
  return assert.fail('expected a violation');
}

describe('a CONNECT request (RFC 9110 §9.3.6)', () => {
  it('has the authority as its target and as its Host', () => {
    assert.equal(
      encodeConnectRequest('target.test:443', undefined).toString('latin1'),
      'CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n\r\n',
    );
  });

  it('carries the authorisation for the proxy', () => {
    assert.equal(
      encodeConnectRequest('target.test:80', basic).toString('latin1'),
      `CONNECT target.test:80 HTTP/1.1\r\nHost: target.test:80\r\nProxy-Authorization: ${basic}\r\n\r\n`,
    );
  });

  it('names the client, in UTF-8 as the request through the tunnel does', () => {
    assert.equal(
      encodeConnectRequest('target.test:80', undefined, 'größer/1.0').toString('utf8'),
      'CONNECT target.test:80 HTTP/1.1\r\nHost: target.test:80\r\nUser-Agent: größer/1.0\r\n\r\n',
    );
  });

  it('always names the port, and puts an IPv6 address in brackets (RFC 9112 §3.2.3)', () => {
    assert.equal(tunnelAuthority('target.test', 80), 'target.test:80');
    assert.equal(tunnelAuthority('127.0.0.1', 443), '127.0.0.1:443');
    assert.equal(tunnelAuthority('2001:db8::1', 443), '[2001:db8::1]:443');
  });
});

describe('the reply to CONNECT', () => {
  it('establishes the tunnel with any 2xx, whatever the reason and the minor version', () => {
    for (const line of ['HTTP/1.1 200 Connection established', 'HTTP/1.0 200 OK', 'HTTP/1.1 200', 'HTTP/1.1 299 x']) {
      assert.equal(read(`${line}\r\n\r\n`).reply.state, 'established', line);
    }
  });

  it('is the same however it is split, and the bytes after the head belong to the tunnel', () => {
    const text = 'HTTP/1.1 200 OK\r\nVia: proxy\r\n\r\nHTTP/1.1 101 \x00\xff';
    for (let size = 1; size <= text.length; size++) {
      const { reply, rest } = read(text, size);
      assert.equal(reply.state, 'established');
      assert.equal(rest, 'HTTP/1.1 101 \x00\xff');
    }
  });

  it('ignores Content-Length and Transfer-Encoding of a 2xx (RFC 9110 §9.3.6)', () => {
    const { rest } = read('HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\ntunnel');
    assert.equal(rest, 'tunnel');
  });

  it('may be preceded by interim responses (RFC 9110 §15.2)', () => {
    const text = 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx';
    for (const size of [1, 7, text.length]) assert.equal(read(text, size).rest, 'x');
  });

  it('refuses the tunnel with any other status, 101 included', () => {
    for (const status of [101, 301, 400, 403, 407, 502]) {
      const { reply } = read(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`);
      assert.equal(reply.state, 'refused');
      assert.deepEqual(reply.refusal.status, { version: '1.1', status, message: 'No' });
      assert.equal(reply.isComplete, true);
    }
  });

  it('collects the body of a refusal up to its Content-Length', () => {
    const text = 'HTTP/1.1 403 Forbidden\r\nX-Rule: 7\r\nContent-Length: 6\r\n\r\nbecause of more';
    for (const size of [1, 5, text.length]) {
      const { reply, rest } = read(text, size);
      assert.equal(reply.refusal.body, 'becaus');
      assert.deepEqual(reply.refusal.head.toHeaders(), { 'x-rule': '7', 'content-length': '6' });
      assert.equal(rest, '');
    }
  });

  it('knows when a refusal is not complete, and counts what came', () => {
    const { reply } = read('HTTP/1.1 502 Bad Gateway\r\n\r\nhalf');
    assert.equal(reply.isComplete, false);
    assert.equal(reply.received, 32);
    assert.equal(new TunnelReply(undefined).isComplete, false);
  });

  it('blots out our credentials where the proxy repeats them', () => {
    const encoded = basic.slice('Basic '.length);
    const text = `HTTP/1.1 407 ${encoded}\r\nX-Echo: ${basic}\r\nContent-Length: 40\r\n\r\n${encoded} user:hunter2`;
    const { status, head, body } = read(text, text.length, basic).reply.refusal;
    const seen = JSON.stringify([status, head.startLine, head.fields, body]);
    assert.doesNotMatch(seen, /hunter2/);
    assert.equal(seen.includes(encoded), false);
    assert.equal(body, '(redacted) (redacted)');
  });

  it('blots out credentials that the limit on the body, or its end, cuts off', () => {
    for (const secret of [basic.slice('Basic '.length), 'user:hunter2']) {
      for (let shown = 1; shown < secret.length; shown++) {
        const filler = 'x'.repeat(1024 - shown);
        const cutByLimit = read(`HTTP/1.1 407 no\r\n\r\n${filler}${secret}`, 2000, basic).reply.refusal.body;
        const cutByEnd = read(`HTTP/1.1 407 no\r\n\r\n${filler}${secret.slice(0, shown)}`, 2000, basic).reply.refusal
          .body;
        assert.equal(cutByLimit, cutByEnd);
        assert.equal(cutByEnd, filler + (shown < 4 ? secret.slice(0, shown) : '(redacted)'));
      }
    }
  });

  it('breaks a rule at the first byte that no HTTP/1 response has', () => {
    for (const size of [1, 3, 100]) {
      for (const text of ['\x15\x03\x01\x00\x02\x02\x46', 'HTTP/2 200\r\n', 'HTP', 'SSH-2.0-OpenSSH_9\r\n']) {
        assert.equal(violation(text, size).rule.id, 'http-status-line', JSON.stringify(text));
      }
    }
    assert.match(violation('HTTX', 2).got, /"HTTX"/);
  });

  it('does not show what a broken reply says when it may repeat the credentials', () => {
    const [, encoded] = basic.split(' ');
    for (const broken of [encodeConnectRequest('t:1', basic).toString('latin1'), `HTTP/1.1 2x ${encoded}\r\n`]) {
      const reply = new TunnelReply(basic);
      assert.throws(
        () => reply.push(Buffer.from(broken), 0, broken.length),
        (error: Error) => error instanceof Violation && !error.message.includes(encoded!.slice(0, 4)),
      );
    }
  });

  it('is checked by the rules of every other response head', () => {
    assert.equal(violation('HTTP/1.1 2000 OK\r\n\r\n').rule.id, 'http-status-line');
    assert.equal(violation('HTTP/1.1 200 OK\r\r\n').rule.id, 'http-line-end');
    assert.equal(violation('HTTP/1.1 200 OK\r\nno colon\r\n\r\n').rule.id, 'http-field-line');
  });

  it('has at most 16 KiB and 128 fields', () => {
    const long = (size: number): string => `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(size - 24)}\r\n\r\n`;
    assert.equal(long(tunnelLimits.maxHeadSize).length, 16384);
    assert.equal(read(long(16384)).reply.state, 'established');
    assert.equal(violation(long(16385)).rule.id, 'http-head-size');
    const many = (count: number): string => `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(count)}\r\n`;
    assert.equal(read(many(128)).reply.state, 'established');
    assert.equal(violation(many(129)).rule.id, 'http-field-count');
  });

  it('counts interim responses into that limit', () => {
    const interim = 'HTTP/1.1 100 Continue\r\n\r\n';
    assert.equal(violation(interim.repeat(Math.ceil(16385 / interim.length))).rule.id, 'http-head-size');
  });
});

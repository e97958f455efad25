import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { maxRefusalBody, RefusalBody } from '../../../lib/protocol/http/body-preview.js';
import type { Field } from '../../../lib/protocol/http/field.js';
import { Head } from '../../../lib/protocol/http/head.js';

const chunked: Field = ['Transfer-Encoding', 'chunked'];

/** Gives a body to a new collector, in pieces of `size` bytes, until it says that it is complete. */
function collect(body: string, fields: readonly Field[], size = body.length, status = 403): [string, boolean, number] {
  const collector = new RefusalBody(new Head(`HTTP/1.1 ${status} No`, fields, 0), status);
  const bytes = Buffer.from(`??${body}??`);
  let at = 2;
  while (at < bytes.length - 2 && !collector.complete) {
    const to = Math.min(at + size, bytes.length - 2);
    collector.push(bytes, at, to);
    at = to;
  }
  return [collector.toString(), collector.complete, at - 2];
}

/** Demands the same body and completeness, whatever the pieces. */
function assertBody(body: string, fields: readonly Field[], expected: string, complete: boolean): void {
  for (let size = 1; size <= body.length; size += size < 30 ? 1 : 97) {
    assert.deepEqual(collect(body, fields, size).slice(0, 2), [expected, complete], `in pieces of ${size}`);
  }
  assert.deepEqual(collect(body, fields).slice(0, 2), [expected, complete], 'in one piece');
}

describe('the body of a refusal', () => {
  it('has the bytes of its Content-Length, and no more', () => {
    assertBody('nope', [['Content-Length', '4']], 'nope', true);
    assertBody('nope and more', [['content-length', '4']], 'nope', true);
    assertBody('no', [['Content-Length', '4']], 'no', false);
  });

  it('goes on until the end of the connection without a length, or with one that is no number', () => {
    assertBody('nope', [], 'nope', false);
    assertBody('nope', [['Content-Length', '-1']], 'nope', false);
    assertBody('nope', [['Content-Length', '2e9']], 'nope', false);
  });

  it('is complete at once when it is empty', () => {
    const none = (fields: Field[], status: number) => new RefusalBody(new Head('', fields, 0), status).complete;
    assert.equal(none([['Content-Length', '0']], 404), true);
    assert.equal(none([['Content-Length', '9']], 204), true);
    assert.equal(none([['Content-Length', '9']], 304), true);
    assert.equal(none([chunked], 304), true);
    assert.equal(none([['Content-Length', '9']], 404), false);
    assert.equal(none([chunked], 404), false);
  });

  it('is put together from chunks', () => {
    assertBody('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n', [chunked], 'abcde', true);
    assertBody('0\r\n\r\n', [chunked], '', true);
    assertBody('3\r\nabc\r\n2\r\nd', [chunked], 'abcd', false);
    assertBody('0000A \t\r\n0123456789\r\n0\r\n', [['Transfer-Encoding', 'gzip, Chunked']], '0123456789', true);
  });

  it('is put together from chunks, whatever their extensions, trailers and data look like', () => {
    assertBody('3;a="0"\r\nabc\r\n1; b\r\nd\r\n0;last\r\nTrailer: 1\r\n\r\n', [chunked], 'abcd', true);
    assertBody('7\r\n0\r\n\r\n0\r\n\r\n1\r\nx\r\n0\r\n\r\n', [chunked], '0\r\n\r\n0\r', true);
    assertBody('9\r\n0\r\n\r\nmore\r\n0\r\n\r\n', [chunked], '0\r\n\r\nmore', true);
  });

  it('ends where its chunks make no sense', () => {
    for (const nonsense of ['hello\r\n', '-1\r\n', '\r\n', '3\n', '0x3\r\n', ` ${'1'.repeat(300)}`]) {
      assertBody(`2\r\nab\r\n${nonsense}cdefgh`, [chunked], 'ab', true);
      assertBody(`${nonsense}cdefgh`, [chunked], '', true);
      assertBody(`2\r\nab${nonsense}cdefgh`, [chunked], 'ab', nonsense !== '\r\n');
    }
  });

  it('ignores a Content-Length beside chunks (RFC 9112 §6.3)', () => {
    assertBody('3\r\nabc\r\n0\r\n\r\n', [['Content-Length', '1'], chunked], 'abc', true);
  });

  it('is kept up to 1 KiB, and complete then', () => {
    const long = 'x'.repeat(maxRefusalBody + 500);
    const kept = 'x'.repeat(maxRefusalBody);
    assertBody(long, [], kept, true);
    assertBody(long, [['Content-Length', String(long.length)]], kept, true);
    assertBody(`fff\r\n${long}`, [chunked], kept, true);
    assertBody(`1\r\nx\r\n`.repeat(long.length), [chunked], kept, true);
    assertBody(kept, [], kept, true);
    assertBody(kept.slice(1), [], kept.slice(1), false);
  });

  it('is text, with U+FFFD for what is not UTF-8', () => {
    const collector = new RefusalBody(new Head('', [], 0), 400);
    collector.push(Buffer.from('c3a9ff', 'hex'), 0, 2);
    collector.push(Buffer.from('c3a9ff', 'hex'), 2, 3);
    assert.equal(collector.toString(), 'é\ufffd');
  });

  it('does not change with the memory that it came in', () => {
    const collector = new RefusalBody(new Head('', [], 0), 400);
    const bytes = Buffer.from('nope');
    collector.push(bytes, 0, 4);
    bytes.fill(0);
    assert.equal(collector.toString(), 'nope');
  });
});

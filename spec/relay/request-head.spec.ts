import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { changeRequest, RequestReader } from '../../lib/relay/request-head.js';

const change = (head: string, changes: Partial<Parameters<typeof changeRequest>[1]> = {}): string =>
  changeRequest(Buffer.from(head, 'latin1'), {
    host: 'server:81',
    resource: '/own?x=1',
    fields: [],
    ...changes,
  }).toString('latin1');

describe('a request on its way to the server', () => {
  it('stays as it is but for Host, and for the target when that is "/"', () => {
    const odd = 'GET /a?b HTTP/1.1\r\nX-a:  b \nhOST:relay:80\r\nFolded: one\r\n\ttwo\r\nx-A: \xff\r\n\r\n';
    assert.equal(change(odd), odd.replace('hOST:relay:80', 'hOST: server:81'));
    assert.equal(change('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'GET /own?x=1 HTTP/1.1\r\nHost: server:81\r\n\r\n');
    assert.equal(change('GET http://a/x HTTP/1.1\r\nHost: a\r\n\r\n'), 'GET /x HTTP/1.1\r\nHost: server:81\r\n\r\n');
  });

  it('has no Host when the client sent none: that is for the server to judge', () => {
    assert.equal(change('GET /a HTTP/1.0\r\n\r\n'), 'GET /a HTTP/1.0\r\n\r\n');
  });

  it('has fields replaced where they stand, with their folds, and added at the end', () => {
    const fields = [
      ['Origin', 'https://é.example'],
      ['X-Two', '1'],
      ['x-two', '2'],
      ['New', 'n'],
    ] as const;
    const head = 'GET /a HTTP/1.1\r\norigin: x\r\n folded\r\nHost: h\r\nORIGIN: y\r\nX-TWO: 0\r\nLast: l\r\n\r\n';
    const wire = Buffer.from('https://é.example').toString('latin1');
    assert.equal(
      change(head, { fields }),
      `GET /a HTTP/1.1\r\norigin: ${wire}\r\nHost: server:81\r\nX-TWO: 1\r\nX-TWO: 2\r\nLast: l\r\nNew: n\r\n\r\n`,
    );
    assert.equal(
      change('GET /a HTTP/1.1\r\nHost: h\r\n\r\n', { fields: [['Host', 'mine']] }),
      'GET /a HTTP/1.1\r\nHost: mine\r\n\r\n',
    );
  });

  it('is read whatever the chunking; what follows stays behind it', () => {
    const reader = new RequestReader();
    assert.ok(reader.isEmpty);
    assert.equal(reader.push(Buffer.from('GET / HTTP/1.1\r\nA: b\r')), undefined);
    const read = reader.push(Buffer.from('\n\r\nmore'))!;
    assert.equal(read.bytes.subarray(read.size).toString(), 'more');
    assert.deepEqual(read.head!.fields, [['A', 'b']]);
  });

  it('what is not a request is handed on with the rule that it breaks', () => {
    const read = new RequestReader().push(Buffer.from('GET / HTTP/1.1\r\nno colon\r\n\r\n'))!;
    assert.deepEqual([read.head, read.size, read.violation!.rule.id], [undefined, 0, 'http-field-line']);
    const cut = new RequestReader();
    cut.push(Buffer.from('GET'));
    assert.deepEqual([cut.cutOff().bytes.toString(), cut.cutOff().violation!.rule.id], ['GET', 'http-head-complete']);
  });
});

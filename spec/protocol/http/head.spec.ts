import assert from 'node:assert/strict';
import { Buffer } from 'node:buffer';
import { describe, it } from 'node:test';
import { Head, HeadReader, parseStatusLine } from '../../../lib/protocol/http/head.js';
import { defaultHeadLimits } from '../../../lib/protocol/http/limits.js';
import { Violation } from '../../../lib/protocol/rules.js';

/** Reads a head in pieces of `size` bytes; says what the reader left for the body. */
function read(
  text: string,
  { size = text.length, limits = defaultHeadLimits } = {},
): { head: Head | undefined; rest: string } {
  const reader = new HeadReader(limits);
  const bytes = Buffer.from(`\n${text}\n`, 'latin1'); // line ends around it that do not belong to it
  for (let at = 1; at < bytes.length - 1; ) {
    const end = Math.min(at + size, bytes.length - 1);
    at = reader.push(bytes, at, end);
    assert.equal(reader.size, at - 1);
    if (reader.head !== undefined) return { head: reader.head, rest: bytes.toString('latin1', at, bytes.length - 1) };
    assert.equal(at, end);
  }
  return { head: undefined, rest: '' };
}

function violationOf(text: string, limits = defaultHeadLimits): string {
  const outcomes = new Set<string>();
  for (const size of [text.length, ...Array.from({ length: 40 }, (_, index) => index + 1)]) {
    assert.throws(
      () => read(text, { size, limits }),
      (error) =>
        error instanceof Violation && outcomes.add(`${error.rule.id}@${error.offset} ${error.got}`) !== undefined,
    );
  }
  assert.equal(outcomes.size, 1, [...outcomes].join('\n'));
  return [...outcomes][0]!;
}

describe('a head', () => {
  const text = 'HTTP/1.1 200 OK\r\nA: 1\r\na:2 \r\nSet-Cookie: x=1, y\r\nE:\r\nL\xe9: \xe9\r\n\r\nbody'.replace(
    'L\xe9',
    'L',
  );

  it('is read from chunks of any size, and leaves the body', () => {
    for (let size = 1; size <= text.length; size++) {
      const { head, rest } = read(text, { size });
      assert.equal(head?.startLine, 'HTTP/1.1 200 OK');
      assert.deepEqual(head.fields, [
        ['A', '1'],
        ['a', '2'],
        ['Set-Cookie', 'x=1, y'],
        ['E', ''],
        ['L', '\xe9'],
      ]);
      assert.equal(head.size, text.indexOf('body'));
      assert.ok('body'.startsWith(rest));
    }
  });

  it('has white space around its values removed, and none other', () => {
    const { head } = read('HTTP/1.1 200 OK\r\nA: \t b \t c\t \r\nB: \xa0d\xa0\r\n\r\n');
    assert.deepEqual(head?.fields, [
      ['A', 'b \t c'],
      ['B', '\xa0d\xa0'],
    ]);
  });

  it('may have lines that end in LF alone (RFC 9112 §2.2), and shows that it had', () => {
    for (const text of [
      'HTTP/1.1 200 OK\nA: b\n\nbody',
      'HTTP/1.1 200 OK\r\nA: b\n\r\nbody',
      'HTTP/1.1 200 OK\r\nA: b\r\n\nbody',
    ]) {
      for (let size = 1; size <= text.length; size++) {
        const { head, rest } = read(text, { size });
        assert.deepEqual(
          [head?.startLine, head?.fields, head?.lenient],
          ['HTTP/1.1 200 OK', [['A', 'b']], ['bare line feed']],
        );
        assert.ok('body'.startsWith(rest));
      }
    }
    assert.equal('lenient' in read('HTTP/1.1 200 OK\r\n\r\n').head!, false);
  });

  it('may have a field over several lines, each line end of which becomes a space (RFC 9112 §5.2)', () => {
    const text = 'HTTP/1.1 200 OK\r\nA: b,\r\n \tc\r\n\t\r\n d\r\nE:\r\n f\r\n\r\n';
    for (let size = 1; size <= text.length; size++) {
      const { head } = read(text, { size });
      assert.deepEqual(head?.fields, [
        ['A', 'b, c  d'],
        ['E', 'f'],
      ]);
      assert.deepEqual(head?.lenient, ['obsolete fold']);
    }
  });

  it('of a request, or read by a strict reader, may have neither', () => {
    for (const reader of [
      () => new HeadReader(defaultHeadLimits, () => {}),
      () => new HeadReader(defaultHeadLimits, undefined, true),
    ]) {
      const push = (text: string) => (): unknown => reader().push(Buffer.from(text), 0, text.length);
      assert.throws(push('HTTP/1.1 200 OK\n'), /every line of the head ends in CR LF.*got a LF without CR/);
      assert.throws(push('HTTP/1.1 200 OK\r\nA: b\r\n c\r\n'), /not folded over several lines.*got a line that starts/);
    }
  });

  it('with as many folds as fit is put together in linear time', () => {
    const limits = { maxHeadSize: 4_000_000, maxHeadFields: 128 };
    const text = `HTTP/1.1 200 OK\r\nA: b\r\n${' c\r\n'.repeat(900_000)}\r\n`;
    const bytes = Buffer.from(text);
    const reader = new HeadReader(limits);
    reader.push(bytes, 0, bytes.length);
    assert.equal(reader.head!.fields[0]![1].length, 1_800_001);
  });

  it('is not complete before its empty line', () =>
    assert.equal(read(text.slice(0, text.indexOf('body') - 1)).head, undefined));

  it('takes nothing more once it is complete', () => {
    const reader = new HeadReader(defaultHeadLimits);
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\n\r\nrest');
    assert.equal(reader.push(bytes, 0, bytes.length), 19);
    assert.equal(reader.push(bytes, 19, bytes.length), 19);
  });

  it('can be followed by another, the limit on the size being one for both', () => {
    const reader = new HeadReader({ ...defaultHeadLimits, maxHeadSize: 40 });
    const bytes = Buffer.from('HTTP/1.1 100 \r\nA: b\r\n\r\nHTTP/1.1 200 \r\n\r\n');
    assert.equal(reader.push(bytes, 0, bytes.length), 23);
    reader.skipHead();
    assert.ok(reader.head === undefined);
    assert.equal(reader.push(bytes, 23, bytes.length), 40);
    assert.deepEqual(reader.head, new Head('HTTP/1.1 200 ', [], 40));
    reader.skipHead();
    assert.throws(() => reader.push(bytes, 0, 1), /the head has at most 40 bytes/);
  });

  it('may start with another line than a status line, when its reader says so', () => {
    const reader = new HeadReader(defaultHeadLimits, () => {});
    const bytes = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    reader.push(bytes, 0, bytes.length);
    assert.equal(reader.head?.startLine, 'GET / HTTP/1.1');
  });

  it('has its values looked up by name, in order, and its lists as tokens in lower case', () => {
    const head = new Head(
      '',
      [
        ['A', 'x, Y'],
        ['b', '1'],
        ['a', ',z ,'],
      ],
      0,
    );
    assert.deepEqual(head.values('a'), ['x, Y', ',z ,']);
    assert.deepEqual(head.values('c'), []);
    assert.deepEqual(head.tokens('a'), ['x', 'y', 'z']);
  });

  it('becomes an object with names in lower case, repeated fields joined, and cookies apart', () => {
    const head = new Head(
      '',
      [
        ['A', '1'],
        ['Set-Cookie', 'a=1'],
        ['a', '2'],
        ['SET-COOKIE', 'b=2'],
        ['__proto__', '3'],
      ],
      0,
    );
    const headers = head.toHeaders();
    assert.deepEqual(Object.entries(headers), [
      ['a', '1, 2'],
      ['set-cookie', ['a=1', 'b=2']],
      ['__proto__', '3'],
    ]);
    assert.equal(Object.getPrototypeOf(headers), Object.prototype);
    assert.deepEqual(new Head('', [['Set-Cookie', 'a']], 0).toHeaders(), { 'set-cookie': ['a'] });
  });
});

describe('a head that breaks a rule does so in the same way whatever the chunks', () => {
  const start = 'HTTP/1.1 200 OK\r\n';

  it('line ends', () => {
    assert.equal(violationOf(`${start}A: b\rc\r\n`), 'http-line-end@21 a CR that no LF follows');
    assert.equal(violationOf(`${start}\rA: b\r\n`), 'http-line-end@17 a CR that no LF follows');
    assert.equal(violationOf(`${start}A: b\r\r\n`), 'http-line-end@21 a CR that no LF follows');
  });

  it('field lines', () => {
    assert.equal(violationOf(`${start}A b\r\n`), 'http-field-line@17 3 characters without a colon');
    assert.equal(violationOf(`${start}A: b\r\nC : d\r\n`), 'http-field-line@23 white space before the colon');
    assert.equal(violationOf(`${start}:b\r\n`), 'http-field-name@17 ""');
    assert.equal(violationOf(`${start}A\xe9"\x01\x80: b\r\n`), 'http-field-name@17 "Aé\\"\\u0001\\u0080"');
    assert.equal(violationOf(`${start} A: b\r\n`), 'http-obsolete-folding@17 a line that starts with white space');
    assert.equal(violationOf(`${start}A: b\r\n c\0\r\n`), 'http-field-value@23 a control character in A');
  });

  it('values, which stay out of the message', () => {
    for (const control of ['\0', '\x01', '\x0b', '\x1f', '\x7f']) {
      const got = violationOf(`${start}Set-Cookie: secret${control}\r\n`);
      assert.equal(got, 'http-field-value@17 a control character in Set-Cookie');
    }
  });

  it('the limit on bytes, at every position around it', () => {
    const text = `${start}A: b\r\n\r\n`;
    for (let size = 1; size < text.length; size++) {
      assert.equal(violationOf(text, { ...defaultHeadLimits, maxHeadSize: size }), `http-head-size@${size} more`);
    }
    assert.ok(read(text, { limits: { ...defaultHeadLimits, maxHeadSize: text.length } }).head);
    assert.ok(read(`${text}and a body`, { limits: { ...defaultHeadLimits, maxHeadSize: text.length } }).head);
  });

  it('the limit on fields', () => {
    const fields = (count: number): string => `${start}${'A: b\r\n'.repeat(count)}\r\n`;
    assert.equal(read(fields(128)).head?.fields.length, 128);
    assert.equal(violationOf(fields(129)), `http-field-count@${17 + 128 * 6} more`);
  });

  it('a first line that is no status line, at its first wrong byte', () => {
    assert.equal(violationOf('hello'), 'http-status-line@0 "h" at its start: this peer does not speak HTTP');
    assert.equal(
      violationOf('\x15\x03\x01'),
      'http-status-line@0 "\\u0015" at its start: this peer does not speak HTTP, but maybe TLS',
    );
    assert.equal(violationOf('HTTX'), 'http-status-line@0 "HTTX" at its start: this peer does not speak HTTP');
    assert.equal(violationOf('HTTP\r\n'), 'http-status-line@0 "HTTP"');
    assert.equal(violationOf('HTTP/1.1 200 \x07\r\n'), 'http-status-line@0 "HTTP/1.1 200 \\u0007"');
  });
});

describe('a status line (RFC 9112 §4)', () => {
  it('has a version, a status and a reason that may be missing', () => {
    assert.deepEqual(parseStatusLine('HTTP/1.1 101 Switching Protocols'), {
      version: '1.1',
      status: 101,
      message: 'Switching Protocols',
    });
    assert.deepEqual(parseStatusLine('HTTP/1.0 404 '), { version: '1.0', status: 404, message: '' });
    assert.deepEqual(parseStatusLine('HTTP/1.1 200'), { version: '1.1', status: 200, message: '' });
    assert.deepEqual(parseStatusLine('HTTP/1.1 200 \t\xe9 '), { version: '1.1', status: 200, message: '\t\xe9 ' });
  });

  for (const line of [
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/2 200',
    'HTTP/2.0 200 OK',
    'http/1.1 200 OK',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.10 200 OK',
    ' HTTP/1.1 200 OK',
    'HTTP/1.1 200 a\0b',
    'HTTP/1.1 200OK',
  ]) {
    it(`is not ${JSON.stringify(line)}`, () => {
      assert.throws(
        () => parseStatusLine(line),
        (error) => error instanceof Violation && error.rule.id === 'http-status-line',
      );
    });
  }
});

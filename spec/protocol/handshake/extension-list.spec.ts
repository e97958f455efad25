import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseExtensionList } from '../../../lib/protocol/handshake/extension-list.js';
import { Violation } from '../../../lib/protocol/rules.js';

describe('Sec-WebSocket-Extensions (RFC 6455 §9.1)', () => {
  const accepted: readonly [value: string, parsed: ReturnType<typeof parseExtensionList>][] = [
    ['foo', [{ name: 'foo', parameters: [] }]],
    [
      'foo; bar; baz=2',
      [
        {
          name: 'foo',
          parameters: [
            ['bar', undefined],
            ['baz', '2'],
          ],
        },
      ],
    ],
    ['deflate-stream', [{ name: 'deflate-stream', parameters: [] }]],
    [
      'mux; max-channels=4; flow-control, deflate-stream',
      [
        {
          name: 'mux',
          parameters: [
            ['max-channels', '4'],
            ['flow-control', undefined],
          ],
        },
        { name: 'deflate-stream', parameters: [] },
      ],
    ],
    ['private-extension; a="b"', [{ name: 'private-extension', parameters: [['a', 'b']] }]],
    ['foo; a="b\\c"', [{ name: 'foo', parameters: [['a', 'bc']] }]],
    [
      'foo; a=1; a=2',
      [
        {
          name: 'foo',
          parameters: [
            ['a', '1'],
            ['a', '2'],
          ],
        },
      ],
    ],
    [
      'foo, foo',
      [
        { name: 'foo', parameters: [] },
        { name: 'foo', parameters: [] },
      ],
    ],
    ["!#$%&'*+-.^_`|~09Az", [{ name: "!#$%&'*+-.^_`|~09Az", parameters: [] }]],
  ];
  for (const [value, parsed] of accepted) {
    it(`reads ${value}`, () => assert.deepEqual(parseExtensionList(value), parsed));
  }

  it('allows white space around every separator', () => {
    const parsed = [
      {
        name: 'foo',
        parameters: [
          ['a', '1'],
          ['b', undefined],
        ],
      },
      { name: 'bar', parameters: [] },
    ];
    assert.deepEqual(parseExtensionList(' \tfoo \t;\t a = 1 ; b\t,  bar  '), parsed);
  });

  it('skips the empty elements of a list (RFC 9110 §5.6.1.2)', () => {
    const parsed = [
      { name: 'foo', parameters: [] },
      { name: 'bar', parameters: [] },
    ];
    assert.deepEqual(parseExtensionList(', ,foo,, bar,'), parsed);
  });

  const refused: readonly [value: string, why: string][] = [
    ['', 'nothing'],
    [' ', 'white space only'],
    [', ,', 'empty elements only'],
    ['foo bar', 'two tokens without a separator'],
    ['foo;', 'no parameter behind the semicolon'],
    ['foo;;a', 'an empty parameter'],
    ['foo; =1', 'a parameter without a name'],
    ['foo; a=', 'no value behind the equals sign'],
    ['foo; a=, bar', 'no value before the comma'],
    ['foo; a=1=2', 'two values'],
    ['foo=1', 'a value of the extension itself'],
    ['"foo"', 'a quoted name'],
    ['foo; "a"=1', 'a quoted name of a parameter'],
    ['foo; a="', 'a quote that does not end'],
    ['foo; a="b\\"', 'a quote that ends in an escaped quote'],
    ['foo; a=""', 'a quoted string that is no token: empty'],
    ['foo; a="b c"', 'a quoted string that is no token: a space'],
    ['foo; a="b\\"c"', 'a quoted string that is no token once unescaped'],
    ['foo; a="b"c', 'more behind the quoted string'],
    ['foo\u00e9', 'a letter outside ASCII'],
    ['foo; a=b\u007f', 'a control character'],
    ['(foo)', 'a separator of HTTP'],
  ];
  for (const [value, why] of refused) {
    it(`refuses ${why}: ${JSON.stringify(value)}`, () => {
      assert.throws(
        () => parseExtensionList(value),
        (error) => error instanceof Violation && error.rule.id === 'handshake-extension-syntax',
      );
    });
  }

  it('takes linear time for an unfinished quoted string of backslashes', () => {
    assert.throws(() => parseExtensionList(`foo; a="${'\\'.repeat(100_000)}`), Violation);
  });
});

/** UTF-8 in text messages: RFC 6455 §5.6, §8.1; the table of RFC 3629 §3 and §4. */
import { Buffer } from 'node:buffer';
import { Opcode } from '../../protocol/framing/opcode.js';
import type { Probe } from '../probe-run.js';
import { fragments } from './message.js';
import { echoes, fails } from './probe-shapes.js';

const MUST = 'MUST';
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');

/** Sequences that are not UTF-8. */
const bad: readonly (readonly [name: string, what: string, hex: string])[] = [
  ['continuation-first', 'the lowest continuation byte alone', '80'],
  ['continuation-last', 'the highest continuation byte alone', 'bf'],
  ['continuation-extra', 'a continuation byte after a complete character', 'c3 bc bc'],
  ['overlong-2', 'U+002F in two bytes', 'c0 af'],
  ['overlong-2-highest', 'U+007F in two bytes', 'c1 bf'],
  ['overlong-3', 'U+002F in three bytes', 'e0 80 af'],
  ['overlong-3-highest', 'U+07FF in three bytes', 'e0 9f bf'],
  ['overlong-4', 'U+002F in four bytes', 'f0 80 80 af'],
  ['overlong-4-highest', 'U+FFFF in four bytes', 'f0 8f bf bf'],
  ['overlong-null', 'U+0000 in two bytes', 'c0 80'],
  ['surrogate-first', 'the surrogate U+D800', 'ed a0 80'],
  ['surrogate-last', 'the surrogate U+DFFF', 'ed bf bf'],
  ['surrogate-pair', 'a surrogate pair, each half in three bytes', 'ed a0 bd ed b8 80'],
  ['above-range', 'U+110000', 'f4 90 80 80'],
  ['byte-f5', 'a byte that starts characters above U+13FFFF', 'f5 80 80 80'],
  ['byte-fe', 'the byte FE', 'fe'],
  ['byte-ff', 'the byte FF', 'ff'],
  ['length-5', 'a sequence of five bytes', 'f8 88 80 80 80'],
  ['length-6', 'a sequence of six bytes', 'fc 84 80 80 80 80'],
  ['cut-2', 'a character of two bytes without its last', 'c3'],
  ['cut-3', 'a character of three bytes without its last', 'e2 82'],
  ['cut-4', 'a character of four bytes without its last', 'f0 9f 98'],
  ['cut-inside', 'a character of three bytes, the second one missing', 'e2 28 a1'],
  ['latin1', 'Latin-1 text', '67 72 fc df 65'],
];

const whole: readonly Probe[] = bad.map(([name, what, hex]) =>
  fails(
    {
      id: `utf8-${name}`,
      reference: 'RFC 6455 §8.1, RFC 3629 §3',
      level: MUST,
      rule: 'fails the connection on text that is not UTF-8',
      sends: `a text frame with ${what} (${hex.toUpperCase()}) between spaces, then a ping`,
    },
    // A cut character has to be the last; any other one fails wherever it stands.
    () => [
      {
        opcode: Opcode.text,
        payload: Buffer.concat([
          Buffer.from(' '),
          bytes(hex),
          Buffer.from(name.startsWith('cut-') && name !== 'cut-inside' ? '' : ' '),
        ]),
      },
    ],
    { codes: [1007], message: 'text' },
  ),
);

const split: readonly Probe[] = [
  fails(
    {
      id: 'utf8-split-second',
      reference: 'RFC 6455 §8.1',
      level: MUST,
      rule: 'validates text in every fragment',
      sends: 'a text message in two frames, the second with the byte FF, then a ping',
    },
    () => fragments(Opcode.text, 'good, ', bytes('ff')),
    { codes: [1007], message: 'text' },
  ),
  fails(
    {
      id: 'utf8-split-boundary',
      reference: 'RFC 6455 §8.1',
      level: MUST,
      rule: 'validates characters across fragments',
      sends: 'a text message in two frames with the surrogate U+D800 split over them, then a ping',
    },
    () => fragments(Opcode.text, bytes('ed'), bytes('a0 80')),
    { codes: [1007], message: 'text' },
  ),
  fails(
    {
      id: 'utf8-split-cut',
      reference: 'RFC 6455 §8.1',
      level: MUST,
      rule: 'notices a character that the last fragment leaves cut off',
      sends: 'a text message in two frames that ends in half a character, then a ping',
    },
    () => fragments(Opcode.text, 'good, ', bytes('e2 82')),
    { codes: [1007], message: 'text' },
  ),
];

/** Text that looks unusual, and is UTF-8. */
const good: readonly (readonly [name: string, what: string, hex: string])[] = [
  ['valid-lengths', 'characters of one to four bytes', '24 c2 a2 e2 82 ac f0 9f 98 80'],
  [
    'valid-boundaries',
    'the first and last characters of each length',
    '00 7f c2 80 df bf e0 a0 80 ef bf bf f0 90 80 80 f4 8f bf bf',
  ],
  ['valid-around-surrogates', 'U+D7FF and U+E000', 'ed 9f bf ee 80 80'],
  ['valid-noncharacters', 'the noncharacters U+FFFE, U+FFFF and U+1FFFE', 'ef bf be ef bf bf f0 9f bf be'],
  ['valid-null', 'U+0000 between letters', '61 00 62'],
  ['valid-byte-order-mark', 'U+FEFF at the start', 'ef bb bf 61'],
  ['valid-combining', 'combining marks without composition', '65 cc 81 6f cc 88'],
];

const accepted: readonly Probe[] = [
  ...good.map(([name, what, hex]) =>
    echoes(
      {
        id: `utf8-${name}`,
        reference: 'RFC 6455 §5.6, RFC 3629 §3',
        level: MUST,
        rule: `takes ${what}`,
        sends: `a text frame with ${what}`,
      },
      'text',
      () => bytes(hex),
      (payload) => [{ opcode: Opcode.text, payload }],
    ),
  ),
  echoes(
    {
      id: 'utf8-valid-split',
      reference: 'RFC 6455 §5.6',
      level: MUST,
      rule: 'takes fragments that cut characters',
      sends: 'a text message of two characters, one byte in each frame',
    },
    'text',
    () => Buffer.from('€😀'),
    (content) => fragments(Opcode.text, ...Array.from(content, (byte) => Buffer.from([byte]))),
  ),
];

export const utf8Probes: readonly Probe[] = [...accepted, ...whole, ...split];

/**
 * Streams of bytes by the section of the standard that they are about, as data.
 *
 * A violation names the rule that it trips; a valid stream has the events that it must give. `vectors.spec.ts` runs
 * each of them in every chunking; `conformance.ts` prints which rule is tripped by which.
 */

import type { SessionLimits } from '../../lib/protocol/contracts.js';
import type { RuleId } from '../../lib/protocol/rules.js';
import { accept, goodHead } from '../protocol/drive.js';

/** Conditions under which a stream is received; by default a client without extension and with the usual limits. */
interface Conditions {
  /** `client`: the bytes come from a server, after its response head. `server`: from a client, after the handshake. */
  readonly role?: 'client' | 'server';
  readonly limits?: Partial<SessionLimits>;
  readonly subprotocols?: readonly string[];
  /** Whether the toy extension of `toy-extension.ts` is offered, and unless `head` says otherwise accepted. */
  readonly extension?: boolean;
  /** The whole response head (and what follows it), instead of a good one. */
  readonly head?: string;
  /** What follows the head, in hex. */
  readonly bytes?: string;
}

/** A stream that breaks a rule. */
export interface BadStream extends Conditions {
  readonly rule: RuleId;
  readonly title: string;
  /** The code of the Close frame that answers it; none in the opening handshake. */
  readonly code?: number;
  /** What is reported before the violation, after `open`. */
  readonly before?: readonly string[];
  /** The offset in the violation: from the end of the head, or with `head` from the start. Default: 0. */
  readonly offset?: number;
}

/** A proxy's reply to CONNECT that breaks a rule. */
export interface BadReply {
  readonly rule: RuleId;
  readonly title: string;
  readonly reply: string;
}

/** A stream that keeps every rule. */
export interface GoodStream extends Conditions {
  readonly section: string;
  readonly title: string;
  /** What is reported, after `open`. */
  readonly events: readonly string[];
  /** The frames that are sent in answer. */
  readonly answers?: readonly string[];
}

const ff = (count: number, byte = 'ff'): string => byte.repeat(count);

/** The same head with one line replaced; `undefined` removes it. */
function headWith(name: string, ...lines: string[]): string {
  return goodHead()
    .split('\r\n')
    .flatMap((line) => (line.startsWith(name) ? lines : [line]))
    .join('\r\n');
}

const endOfStatusLine = 'HTTP/1.1 101 Switching Protocols\r\n'.length;

const heads: readonly BadStream[] = [
  { rule: 'http-status-line', title: 'another protocol', head: 'SSH-2.0-OpenSSH_9.6\r\n\r\n' },
  { rule: 'http-status-line', title: 'another protocol that says no more', head: 'SSH-2.0-OpenSSH_9.6\r\n' },
  { rule: 'http-status-line', title: 'an empty first line', head: '\r\nHTTP/1.1 101 Switching Protocols\r\n\r\n' },
  { rule: 'http-status-line', title: 'HTTP/2', head: headWith('HTTP', 'HTTP/2 101 Switching Protocols') },
  { rule: 'http-status-line', title: 'a status of two digits', head: headWith('HTTP', 'HTTP/1.1 99 No') },
  { rule: 'http-status-line', title: 'a status of four digits', head: headWith('HTTP', 'HTTP/1.1 1010 No') },
  { rule: 'http-status-line', title: 'a status that starts with 0', head: headWith('HTTP', 'HTTP/1.1 010 No') },
  { rule: 'http-status-line', title: 'lower case', head: headWith('HTTP', 'http/1.1 101 Switching Protocols') },
  { rule: 'http-status-line', title: 'two spaces', head: headWith('HTTP', 'HTTP/1.1  101 Switching Protocols') },
  {
    rule: 'http-status-line',
    title: 'a NUL in the reason',
    head: headWith('HTTP', 'HTTP/1.1 101 Switching\0Protocols'),
  },
  { rule: 'http-status-line', title: 'a white space before it', head: ` ${goodHead()}` },
  { rule: 'http-line-end', title: 'CR inside a field', head: 'HTTP/1.1 101 Yes\r\nA: b\rc\r\n\r\n', offset: 22 },
  { rule: 'http-line-end', title: 'CR CR LF', head: 'HTTP/1.1 101 Yes\r\nA: b\r\r\n\r\n', offset: 22 },
  {
    rule: 'http-line-end',
    title: 'CR inside a line that also ends in LF alone',
    head: 'HTTP/1.1 101 Yes\r\nA: \rc\n',
    offset: 21,
  },
  { rule: 'http-status-line', title: 'LF as the first byte', head: '\n', offset: 0 },
  { rule: 'http-status-line', title: 'CR LF as the first bytes', head: '\r\n', offset: 0 },
  {
    rule: 'http-field-line',
    title: 'a line without a colon',
    head: headWith('Upgrade', 'Upgrade websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-line',
    title: 'white space before the colon',
    head: headWith('Upgrade', 'Upgrade : websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-line',
    title: 'a tab before the colon',
    head: headWith('Upgrade', 'Upgrade\t: websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-name',
    title: 'an empty name',
    head: headWith('Upgrade', ': websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-name',
    title: 'a space inside the name',
    head: headWith('Upgrade', 'Up grade: websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-name',
    title: 'a name that is not ASCII',
    head: headWith('Upgrade', 'Upgrad\xe9: websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-name',
    title: 'a NUL in the name',
    head: headWith('Upgrade', 'Up\0grade: websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-value',
    title: 'a NUL in the value',
    head: headWith('Upgrade', 'Upgrade: web\0socket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-value',
    title: 'a DEL in the value',
    head: headWith('Upgrade', 'Upgrade: websocket\x7f'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-field-value',
    title: 'an ESC in the value',
    head: headWith('Upgrade', 'Upgrade: \x1b[2Jwebsocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-obsolete-folding',
    title: 'a folded first field',
    head: headWith('Upgrade', ' Upgrade: websocket'),
    offset: endOfStatusLine,
  },
  {
    rule: 'http-head-size',
    title: 'an endless line',
    head: `HTTP/1.1 101 ${'a'.repeat(100)}`,
    limits: { maxHeadSize: 64 },
    offset: 64,
  },
  {
    rule: 'http-head-size',
    title: 'many fields',
    head: `HTTP/1.1 101 Yes\r\n${'A: b\r\n'.repeat(20)}`,
    limits: { maxHeadSize: 64 },
    offset: 64,
  },
  {
    rule: 'http-head-size',
    title: 'one byte more than the limit',
    head: goodHead(),
    limits: { maxHeadSize: goodHead().length - 1 },
    offset: goodHead().length - 1,
  },
  {
    rule: 'http-head-size',
    title: 'a line of which only what is above the limit is malformed',
    head: 'HTTP/1.1 101 Yes\r\nA: b\rc\r\n',
    limits: { maxHeadSize: 23 },
    offset: 23,
  },
  {
    rule: 'http-line-end',
    title: 'a malformed line that ends above the size limit',
    head: 'HTTP/1.1 101 Yes\r\nA: b\rc\r\n',
    limits: { maxHeadSize: 24 },
    offset: 22,
  },
  {
    rule: 'http-head-size',
    title: 'endless interim responses',
    head: 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(5),
    limits: { maxHeadSize: 64 },
    offset: 64,
  },
  {
    rule: 'http-field-name',
    title: 'after an interim response',
    head: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 Yes\r\n?: 1\r\n',
    offset: 43,
  },
  {
    rule: 'http-head-complete',
    title: 'the end after an interim response',
    head: 'HTTP/1.1 100 Continue\r\n\r\n',
    offset: 25,
  },
  {
    rule: 'http-field-count',
    title: 'one field more than the limit',
    head: goodHead('A: b'),
    limits: { maxHeadFields: 3 },
    offset: goodHead().length - 2,
  },
  { rule: 'http-head-complete', title: 'the end in the status line', head: 'HTTP/1.', offset: 7 },
  {
    rule: 'http-head-complete',
    title: 'the end before the empty line',
    head: goodHead().slice(0, -2),
    offset: goodHead().length - 2,
  },
  {
    rule: 'http-head-complete',
    title: 'the end between the last CR and LF',
    head: goodHead().slice(0, -1),
    offset: goodHead().length - 1,
  },
];

const handshakes: readonly BadStream[] = [
  { rule: 'handshake-http-version', title: 'HTTP/1.0', head: headWith('HTTP', 'HTTP/1.0 101 Switching Protocols') },
  { rule: 'handshake-status', title: '200', head: headWith('HTTP', 'HTTP/1.1 200 OK') },
  {
    rule: 'handshake-status',
    title: '401 with a body',
    head: 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno',
  },
  {
    rule: 'handshake-status',
    title: '503 with a chunked body',
    head: 'HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  },
  {
    rule: 'handshake-status',
    title: '404 after an interim response',
    head: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n',
  },
  { rule: 'handshake-upgrade', title: 'no Upgrade', head: headWith('Upgrade') },
  { rule: 'handshake-upgrade', title: 'another protocol', head: headWith('Upgrade', 'Upgrade: h2c') },
  {
    rule: 'handshake-upgrade',
    title: 'more protocols than the one asked for',
    head: headWith('Upgrade', 'Upgrade: websocket, h2c'),
  },
  { rule: 'handshake-upgrade', title: 'an empty Upgrade', head: headWith('Upgrade', 'Upgrade:') },
  { rule: 'handshake-connection', title: 'no Connection', head: headWith('Connection') },
  { rule: 'handshake-connection', title: 'keep-alive', head: headWith('Connection', 'Connection: keep-alive') },
  {
    rule: 'handshake-connection',
    title: 'a token that only contains it',
    head: headWith('Connection', 'Connection: no-upgrade'),
  },
  { rule: 'handshake-accept-once', title: 'no Sec-WebSocket-Accept', head: headWith('Sec-WebSocket-Accept') },
  { rule: 'handshake-accept-once', title: 'the right one twice', head: goodHead(`sec-websocket-accept: ${accept}`) },
  {
    rule: 'handshake-accept',
    title: 'the Accept of another key',
    head: headWith('Sec-WebSocket-Accept', 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='),
  },
  {
    rule: 'handshake-accept',
    title: 'in another case',
    head: headWith('Sec-WebSocket-Accept', `Sec-WebSocket-Accept: ${accept.toLowerCase()}`),
  },
  { rule: 'handshake-accept', title: 'an empty one', head: headWith('Sec-WebSocket-Accept', 'Sec-WebSocket-Accept:') },
  {
    rule: 'handshake-extension-syntax',
    title: 'no parameter after the semicolon',
    extension: true,
    head: goodHead('Sec-WebSocket-Extensions: toy;'),
  },
  {
    rule: 'handshake-extension',
    title: 'an extension when none was offered',
    head: goodHead('Sec-WebSocket-Extensions: permessage-deflate'),
  },
  {
    rule: 'handshake-extension',
    title: 'another extension than the one offered',
    extension: true,
    head: goodHead('Sec-WebSocket-Extensions: x-other'),
  },
  {
    rule: 'handshake-extension-once',
    title: 'the same extension twice',
    extension: true,
    head: goodHead('Sec-WebSocket-Extensions: toy', 'Sec-WebSocket-Extensions: toy'),
  },
  {
    rule: 'handshake-deflate-parameter',
    title: 'an unknown parameter',
    extension: true,
    head: goodHead('Sec-WebSocket-Extensions: toy; window=9'),
  },
  {
    rule: 'handshake-subprotocol-once',
    title: 'two choices',
    subprotocols: ['a', 'b'],
    head: goodHead('Sec-WebSocket-Protocol: a', 'Sec-WebSocket-Protocol: b'),
  },
  { rule: 'handshake-subprotocol', title: 'one when none was offered', head: goodHead('Sec-WebSocket-Protocol: a') },
  {
    rule: 'handshake-subprotocol',
    title: 'another than those offered',
    subprotocols: ['a'],
    head: goodHead('Sec-WebSocket-Protocol: b'),
  },
  {
    rule: 'handshake-subprotocol',
    title: 'the right one in another case',
    subprotocols: ['chat'],
    head: goodHead('Sec-WebSocket-Protocol: Chat'),
  },
  {
    rule: 'handshake-subprotocol',
    title: 'a list of those offered',
    subprotocols: ['a', 'b'],
    head: goodHead('Sec-WebSocket-Protocol: a, b'),
  },
];

const framing: readonly BadStream[] = [
  { rule: 'frame-rsv', title: 'RSV1 on a text frame', bytes: 'c1 00', code: 1002 },
  { rule: 'frame-rsv', title: 'RSV2 on a binary frame', bytes: 'a2 00', code: 1002 },
  { rule: 'frame-rsv', title: 'RSV3 on a ping', bytes: '99 00', code: 1002 },
  { rule: 'frame-rsv', title: 'all three on a Close frame', bytes: 'f8 00', code: 1002 },
  { rule: 'frame-rsv', title: 'RSV1 on a continuation', bytes: '01 01 61 c0 00', code: 1002, offset: 3 },
  { rule: 'frame-rsv', title: 'RSV2 though an extension defines RSV1', extension: true, bytes: 'a1 00', code: 1002 },
  { rule: 'frame-rsv', title: 'seen in the first byte', bytes: 'c1', code: 1002 },
  {
    rule: 'frame-rsv',
    title: 'after a good message',
    bytes: '81 01 61 c1 00',
    code: 1002,
    before: ['text a'],
    offset: 3,
  },
  ...[3, 4, 5, 6, 7].map(
    (opcode): BadStream => ({
      rule: 'frame-opcode',
      title: `data opcode 0x${opcode}`,
      bytes: `8${opcode} 00`,
      code: 1002,
    }),
  ),
  ...['b', 'c', 'd', 'e', 'f'].map(
    (opcode): BadStream => ({
      rule: 'frame-opcode',
      title: `control opcode 0x${opcode}`,
      bytes: `8${opcode} 00`,
      code: 1002,
    }),
  ),
  { rule: 'frame-opcode', title: 'seen in the first byte', bytes: '83', code: 1002 },
  {
    rule: 'frame-masked',
    title: 'RFC 6455 §5.7: a masked text message, from a server',
    bytes: '81 85 37 fa 21 3d 7f 9f 4d 51 58',
    code: 1002,
  },
  { rule: 'frame-masked', title: 'seen in the second byte', bytes: '82 80', code: 1002 },
  { rule: 'frame-masked', title: 'a masked pong', bytes: '8a 80 00 00 00 00', code: 1002 },
  {
    rule: 'frame-unmasked',
    title: 'RFC 6455 §5.7: an unmasked text message, from a client',
    role: 'server',
    bytes: '81 05 48 65 6c 6c 6f',
    code: 1002,
  },
  { rule: 'frame-unmasked', title: 'an unmasked ping', role: 'server', bytes: '89 00', code: 1002 },
  { rule: 'frame-minimal-length', title: '0 in 16 bits', bytes: '81 7e 00 00', code: 1002 },
  { rule: 'frame-minimal-length', title: '125 in 16 bits', bytes: `82 7e 00 7d ${ff(125)}`, code: 1002 },
  {
    rule: 'frame-minimal-length',
    title: '125 in 64 bits',
    bytes: `82 7f 00 00 00 00 00 00 00 7d ${ff(125)}`,
    code: 1002,
  },
  { rule: 'frame-minimal-length', title: '65535 in 64 bits', bytes: '82 7f 00 00 00 00 00 00 ff ff', code: 1002 },
  {
    rule: 'frame-minimal-length',
    title: 'in a masked frame',
    role: 'server',
    bytes: '82 fe 00 7d 01 02 03 04',
    code: 1002,
  },
  { rule: 'frame-length-63-bit', title: '2^63', bytes: '82 7f 80 00 00 00 00 00 00 00', code: 1002 },
  { rule: 'frame-length-63-bit', title: '2^64 - 1', bytes: '82 7f ff ff ff ff ff ff ff ff', code: 1002 },
  { rule: 'frame-length-63-bit', title: '2^63 + 1', bytes: '82 7f 80 00 00 00 00 00 00 01', code: 1002 },
  { rule: 'control-fragmented', title: 'a ping without FIN', bytes: '09 00', code: 1002 },
  { rule: 'control-fragmented', title: 'a pong without FIN', bytes: '0a 00', code: 1002 },
  { rule: 'control-fragmented', title: 'a Close frame without FIN', bytes: '08 00', code: 1002 },
  {
    rule: 'control-fragmented',
    title: 'seen in the first byte, inside a message',
    bytes: '01 00 09',
    code: 1002,
    offset: 2,
  },
  { rule: 'control-length', title: 'a ping of 126 bytes', bytes: `89 7e 00 7e ${ff(126)}`, code: 1002 },
  {
    rule: 'control-length',
    title: 'a pong with 64 bits of length',
    bytes: '8a 7f 00 00 00 00 00 01 00 00',
    code: 1002,
  },
  { rule: 'control-length', title: 'a Close frame of 126 bytes, seen in the second byte', bytes: '88 7e', code: 1002 },
  { rule: 'control-length', title: 'a ping whose 16-bit length would have fitted', bytes: '89 7e 00 7d', code: 1002 },
  { rule: 'deflate-rsv1-control', title: 'a ping with RSV1', extension: true, bytes: 'c9 00', code: 1002 },
  { rule: 'deflate-rsv1-control', title: 'a Close frame with RSV1', extension: true, bytes: 'c8 00', code: 1002 },
  {
    rule: 'deflate-rsv1-continuation',
    title: 'RSV1 on the second frame of a message',
    extension: true,
    bytes: '41 01 61 c0 01 61',
    code: 1002,
    offset: 3,
  },
  {
    rule: 'deflate-rsv1-continuation',
    title: 'RSV1 on the second frame of a plain message',
    extension: true,
    bytes: '01 01 61 c0 00',
    code: 1002,
    offset: 3,
  },
];

const messages: readonly BadStream[] = [
  { rule: 'message-continuation', title: 'a continuation first', bytes: '80 00', code: 1002 },
  { rule: 'message-continuation', title: 'an unfinished continuation first', bytes: '00 01 61', code: 1002 },
  {
    rule: 'message-continuation',
    title: 'a continuation after a whole message',
    bytes: '81 01 61 80 01 62',
    code: 1002,
    before: ['text a'],
    offset: 3,
  },
  {
    rule: 'message-continuation',
    title: 'a continuation after a fragmented message',
    bytes: '01 01 61 80 01 62 80 00',
    code: 1002,
    before: ['text ab'],
    offset: 6,
  },
  { rule: 'message-continuation', title: 'a continuation after a ping', bytes: '89 00 80 00', code: 1002, offset: 2 },
  { rule: 'message-interleaved', title: 'a text inside a text', bytes: '01 01 61 81 01 62', code: 1002, offset: 3 },
  { rule: 'message-interleaved', title: 'a binary inside a text', bytes: '01 01 61 82 01 62', code: 1002, offset: 3 },
  {
    rule: 'message-interleaved',
    title: 'an unfinished text inside a binary',
    bytes: '02 00 01 00',
    code: 1002,
    offset: 2,
  },
  {
    rule: 'message-interleaved',
    title: 'a text inside a message that has a ping in it',
    bytes: '02 00 89 00 81 00',
    code: 1002,
    offset: 4,
  },
  {
    rule: 'message-size',
    title: 'one byte above the limit',
    limits: { maxMessageSize: 5 },
    bytes: '82 06',
    code: 1009,
  },
  {
    rule: 'message-size',
    title: 'a small text above a smaller limit',
    limits: { maxMessageSize: 5 },
    bytes: '81 06 61 62 63 64 65 66',
    code: 1009,
  },
  {
    rule: 'message-size',
    title: 'fragments that add up to it',
    limits: { maxMessageSize: 5 },
    bytes: '01 03 61 62 63 80 03',
    code: 1009,
    offset: 5,
  },
  {
    rule: 'message-size',
    title: 'a limit of 0',
    limits: { maxMessageSize: 0 },
    bytes: '81 00 81 01 61',
    code: 1009,
    before: ['text'],
    offset: 2,
  },
  { rule: 'message-size', title: 'beyond 4 GiB', bytes: '82 7f 00 00 00 01 00 00 00 00', code: 1009 },
  {
    rule: 'message-size',
    title: '2^63 - 1, the longest length there is',
    bytes: '82 7f 7f ff ff ff ff ff ff ff',
    code: 1009,
  },
  {
    rule: 'message-size',
    title: 'a compressed message whose bytes are above it by more than compression adds',
    extension: true,
    limits: { maxMessageSize: 5 },
    bytes: 'c1 7f 00 00 00 00 00 01 00 06',
    code: 1009,
  },
  {
    rule: 'message-size',
    title: 'a message that decompresses to more',
    extension: true,
    limits: { maxMessageSize: 5 },
    bytes: 'c2 04 02 61 62 63',
    code: 1009,
  },
  {
    rule: 'message-fragments',
    title: 'one fragment above the limit',
    limits: { maxFragments: 3 },
    bytes: '01 00 00 00 00 00 80 00',
    code: 1009,
    offset: 6,
  },
  {
    rule: 'message-fragments',
    title: 'with pings in between, which do not count',
    limits: { maxFragments: 2 },
    bytes: '01 00 89 00 00 00 89 00 00 00',
    code: 1009,
    offset: 8,
  },
  { rule: 'message-utf8', title: 'a lone continuation byte', bytes: '81 01 80', code: 1007 },
  { rule: 'message-utf8', title: 'a byte that never occurs', bytes: '81 03 61 ff 62', code: 1007 },
  { rule: 'message-utf8', title: 'an overlong slash', bytes: '81 02 c0 af', code: 1007 },
  { rule: 'message-utf8', title: 'a surrogate', bytes: '81 03 ed a0 80', code: 1007 },
  { rule: 'message-utf8', title: 'above U+10FFFF', bytes: '81 04 f4 90 80 80', code: 1007 },
  { rule: 'message-utf8', title: 'a character cut off by the end of the message', bytes: '81 02 e2 82', code: 1007 },
  {
    rule: 'message-utf8',
    title: 'a character cut off by the end of a fragmented message',
    bytes: '01 02 e2 82 80 00',
    code: 1007,
    offset: 4,
  },
  { rule: 'message-utf8', title: 'in the second fragment', bytes: '01 02 e2 82 80 01 61', code: 1007, offset: 4 },
  { rule: 'message-utf8', title: 'in a frame that has not come whole', bytes: '81 7e 01 00 61 ff', code: 1007 },
  { rule: 'message-utf8', title: 'in a fragment of a message that is not finished', bytes: '01 01 ff', code: 1007 },
  {
    rule: 'message-utf8',
    title: 'after good messages',
    bytes: '81 01 61 81 02 c3 a9 81 01 ff',
    code: 1007,
    before: ['text a', 'text é'],
    offset: 7,
  },
  { rule: 'message-utf8', title: 'at the end of a long text', bytes: `81 7e 00 81 ${ff(128, '61')} ff`, code: 1007 },
  { rule: 'message-utf8', title: 'in a compressed text', extension: true, bytes: 'c1 02 01 ff', code: 1007 },
  {
    rule: 'deflate-data',
    title: 'data that cannot be decompressed',
    extension: true,
    bytes: 'c1 02 00 61',
    code: 1007,
  },
  {
    rule: 'deflate-data',
    title: 'in two fragments',
    extension: true,
    bytes: '42 01 00 80 01 61',
    code: 1007,
    offset: 3,
  },
];

const closing: readonly BadStream[] = [
  { rule: 'close-length', title: 'a body of 1 byte', bytes: '88 01 03', code: 1002 },
  ...[0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535].map(
    (code): BadStream => ({
      rule: 'close-code',
      title: `${code}`,
      bytes: `88 02 ${code.toString(16).padStart(4, '0')}`,
      code: 1002,
    }),
  ),
  { rule: 'close-code', title: 'with a reason that is not UTF-8', bytes: '88 03 03 ed ff', code: 1002 },
  { rule: 'close-code', title: 'inside a message', bytes: '01 01 61 88 02 03 ed', code: 1002, offset: 3 },
  { rule: 'close-reason-utf8', title: 'a byte that never occurs', bytes: '88 03 03 e8 ff', code: 1007 },
  { rule: 'close-reason-utf8', title: 'a character that is cut off', bytes: '88 04 03 e8 e2 82', code: 1007 },
];

/** Streams that break a rule. */
export const badStreams: readonly BadStream[] = [...heads, ...handshakes, ...framing, ...messages, ...closing];

/** Replies to CONNECT that break a rule; the connection is not even begun. */
export const badReplies: readonly BadReply[] = [
  { rule: 'connect-status', title: '403', reply: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno' },
  { rule: 'connect-status', title: '407', reply: 'HTTP/1.1 407 Who?\r\nContent-Length: 0\r\n\r\n' },
  { rule: 'connect-status', title: '101', reply: 'HTTP/1.1 101 Odd\r\nContent-Length: 0\r\n\r\n' },
  { rule: 'connect-status', title: '302', reply: 'HTTP/1.0 302 Elsewhere\r\nContent-Length: 0\r\n\r\n' },
  {
    rule: 'connect-status',
    title: '502 after an interim response',
    reply: 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 502 Bad\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  { rule: 'http-status-line', title: "another protocol than a proxy's", reply: '\x05\xff' },
  { rule: 'http-field-name', title: "in a proxy's reply", reply: 'HTTP/1.1 200 OK\r\na b: c\r\n\r\n' },
];

const hello = 'text Hello';
const kilobyte = 'c0ffee00'.repeat(64);

/** Streams that keep every rule, the ones at its edge among them. */
export const goodStreams: readonly GoodStream[] = [
  // The response
  {
    section: '§4.1',
    title: 'tokens in any case, in a list, over several lines',
    head: headWith('Connection', 'Connection: keep-alive', 'connection: ,\t uPGRADE ,').replace(
      'Upgrade: websocket',
      'UPGRADE:WebSocket \t',
    ),
    events: [],
  },
  {
    section: '§4.1',
    title: 'a subprotocol that was offered',
    subprotocols: ['a', 'b'],
    head: goodHead('Sec-WebSocket-Protocol: b'),
    events: [],
  },
  {
    section: '§4.1',
    title: 'lines that end in LF alone (RFC 9112 §2.2)',
    head: goodHead().replaceAll('\r\n', '\n'),
    bytes: '81 02 68 69',
    events: ['text hi'],
  },
  {
    section: '§4.1',
    title: 'an empty line of LF alone after lines of CR LF, and the other way round',
    head: goodHead().replace(/\r\n\r\n$/, '\r\n\n'),
    events: [],
  },
  {
    section: '§4.1',
    title: 'a field that is folded over several lines (RFC 9112 §5.2)',
    head: headWith('Connection', 'Connection: keep-alive,', '\t \tUpgrade', ' '),
    events: [],
  },
  {
    section: '§4.1',
    title: 'an extension that was offered',
    extension: true,
    bytes: 'c1 03 01 68 69',
    events: ['text hi'],
  },
  {
    section: '§4.1',
    title: 'no extension though one was offered',
    extension: true,
    head: goodHead(),
    bytes: '81 01 61',
    events: ['text a'],
  },
  { section: '§4.1', title: 'a status line without a reason', head: headWith('HTTP', 'HTTP/1.1 101 '), events: [] },
  {
    section: '§4.1',
    title: 'a status line without the space before the reason',
    head: headWith('HTTP', 'HTTP/1.1 101'),
    events: [],
  },
  {
    section: '§4.1',
    title: 'a reason that is not ASCII',
    head: headWith('HTTP', 'HTTP/1.1 101 d\xe9j\xe0'),
    events: [],
  },
  {
    section: '§4.1',
    title: 'a head of exactly the limit',
    limits: { maxHeadSize: goodHead().length },
    bytes: '81 01 61',
    events: ['text a'],
  },
  {
    section: '§4.1',
    title: 'as many fields as the limit',
    limits: { maxHeadFields: 3 },
    bytes: '81 01 61',
    events: ['text a'],
  },

  {
    section: '§4.1',
    title: 'interim responses before the final one (RFC 9110 §15.2)',
    head: `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${goodHead()}`,
    bytes: '81 01 61',
    events: ['text a'],
  },

  // RFC 6455 §5.7
  { section: '§5.7', title: 'a single-frame unmasked text message', bytes: '81 05 48 65 6c 6c 6f', events: [hello] },
  {
    section: '§5.7',
    title: 'a single-frame masked text message',
    role: 'server',
    bytes: '81 85 37 fa 21 3d 7f 9f 4d 51 58',
    events: [hello],
  },
  {
    section: '§5.7',
    title: 'a fragmented unmasked text message',
    bytes: '01 03 48 65 6c 80 02 6c 6f',
    events: [hello],
  },
  {
    section: '§5.7',
    title: 'an unmasked ping',
    bytes: '89 05 48 65 6c 6c 6f',
    events: [],
    answers: ['pong 48656c6c6f'],
  },
  {
    section: '§5.7',
    title: 'a masked pong',
    role: 'server',
    bytes: '8a 85 37 fa 21 3d 7f 9f 4d 51 58',
    events: ['pong 48656c6c6f'],
  },
  {
    section: '§5.7',
    title: '256 bytes of binary in one unmasked frame',
    bytes: `82 7e 01 00 ${kilobyte}`,
    events: [`binary ${kilobyte}`],
  },
  // 64 KiB in one unmasked frame: `vectors.spec.ts`, at chosen splits only.

  // Lengths
  { section: '§5.2', title: 'an empty text', bytes: '81 00', events: ['text'] },
  { section: '§5.2', title: 'an empty binary', bytes: '82 00', events: ['binary'] },
  { section: '§5.2', title: 'an empty masked binary', role: 'server', bytes: '82 80 01 02 03 04', events: ['binary'] },
  { section: '§5.2', title: '125 bytes', bytes: `82 7d ${ff(125)}`, events: [`binary ${ff(125)}`] },
  { section: '§5.2', title: '126 bytes', bytes: `82 7e 00 7e ${ff(126)}`, events: [`binary ${ff(126)}`] },
  {
    section: '§5.2',
    title: '126 bytes, masked',
    role: 'server',
    bytes: `82 fe 00 7e ff 00 ff 00 ${ff(126)}`,
    events: [`binary ${'00ff'.repeat(63)}`],
  },
  {
    section: '§5.2',
    title: 'a text of 125 bytes',
    bytes: `81 7d ${ff(125, '61')}`,
    events: [`text ${'a'.repeat(125)}`],
  },
  {
    section: '§5.2',
    title: 'a text of 126 bytes',
    bytes: `81 7e 00 7e ${ff(126, '61')}`,
    events: [`text ${'a'.repeat(126)}`],
  },

  // Fragmentation
  { section: '§5.4', title: 'empty fragments', bytes: '01 00 00 00 80 00', events: ['text'] },
  {
    section: '§5.4',
    title: 'empty fragments around bytes',
    bytes: '02 00 00 02 01 02 00 00 00 01 03 80 00',
    events: ['binary 010203'],
  },
  { section: '§5.4', title: 'an empty last fragment', bytes: '01 02 68 69 80 00', events: ['text hi'] },
  {
    section: '§5.4',
    title: 'control frames between fragments',
    bytes: '01 01 61 89 01 01 00 01 62 8a 00 80 01 63',
    events: ['pong', 'text abc'],
    answers: ['pong 01'],
  },
  {
    section: '§5.4',
    title: 'a message after a fragmented one',
    bytes: '01 01 61 80 01 62 82 01 00 81 01 63',
    events: ['text ab', 'binary 00', 'text c'],
  },
  {
    section: '§5.4',
    title: 'masked fragments with a ping in between',
    role: 'server',
    bytes: '01 81 01 02 03 04 60 89 81 00 00 00 01 05 80 82 02 00 00 00 60 63',
    events: ['text abc'],
    answers: ['pong 05'],
  },
  {
    section: '§10.4',
    title: 'a message of exactly the limit',
    limits: { maxMessageSize: 5 },
    bytes: '82 05 01 02 03 04 05',
    events: ['binary 0102030405'],
  },
  {
    section: '§10.4',
    title: 'a text of exactly the limit',
    limits: { maxMessageSize: 5 },
    bytes: '81 05 48 65 6c 6c 6f',
    events: [hello],
  },
  {
    section: '§10.4',
    title: 'fragments that add up to exactly the limit, twice',
    limits: { maxMessageSize: 5 },
    bytes: '01 03 48 65 6c 80 02 6c 6f 01 03 48 65 6c 80 02 6c 6f',
    events: [hello, hello],
  },
  {
    section: '§10.4',
    title: 'a text of at most the limit while control frames are above it',
    limits: { maxMessageSize: 1 },
    bytes: '89 02 01 02 81 01 61',
    events: ['text a'],
    answers: ['pong 0102'],
  },
  {
    section: '§10.4',
    title: 'as many fragments as the limit, twice',
    limits: { maxFragments: 3 },
    bytes: '01 00 00 00 80 01 61 01 00 00 00 80 01 62',
    events: ['text a', 'text b'],
  },
  {
    section: '§10.4',
    title: 'a compressed message that decompresses to exactly the limit',
    extension: true,
    limits: { maxMessageSize: 4 },
    bytes: 'c2 03 02 61 62',
    events: ['binary 61626162'],
  },

  // Control frames
  {
    section: '§5.5',
    title: 'a ping of 125 bytes',
    bytes: `89 7d ${ff(125)}`,
    events: [],
    answers: [`pong ${ff(125)}`],
  },
  {
    section: '§5.5.2',
    title: 'several pings, each with its pong',
    bytes: '89 01 01 89 00 89 01 03',
    events: [],
    answers: ['pong 01', 'pong', 'pong 03'],
  },
  { section: '§5.5.3', title: 'an unsolicited pong', bytes: '8a 02 01 02', events: ['pong 0102'] },

  // UTF-8
  {
    section: '§8.1',
    title: 'characters of one to four bytes',
    bytes: '81 0a 41 c3 a9 e2 82 ac f0 9f 98 80',
    events: ['text Aé€😀'],
  },
  {
    section: '§8.1',
    title: 'the edges of every length',
    bytes: '81 13 7f c2 80 df bf e0 a0 80 ef bf bf f0 90 80 80 f4 8f bf bf',
    events: ['text \x7f\x80\u07ff\u0800\uffff\u{10000}\u{10ffff}'],
  },
  { section: '§8.1', title: 'around the surrogates', bytes: '81 06 ed 9f bf ee 80 80', events: ['text \ud7ff\ue000'] },
  {
    section: '§8.1',
    title: 'a character torn by fragments and a ping',
    bytes: '01 01 f0 00 01 9f 89 00 00 00 00 01 98 80 01 80',
    events: ['text 😀'],
    answers: ['pong'],
  },
  {
    section: '§8.1',
    title: 'a byte order mark is text like any other',
    bytes: '81 04 ef bb bf 61',
    events: ['text \ufeffa'],
  },
  { section: '§8.1', title: 'a NUL', bytes: '81 03 61 00 62', events: ['text a\0b'] },
  {
    section: '§8.1',
    title: 'many small texts in a row',
    bytes: `${'81 02 68 69 81 00 81 02 c3 a9 '.repeat(6)}`,
    events: Array.from({ length: 6 }, () => ['text hi', 'text', 'text é']).flat(),
  },
  { section: '§8.1', title: 'binary is not looked at', bytes: '82 02 ff fe', events: ['binary fffe'] },

  // Closing
  {
    section: '§5.5.1',
    title: 'a Close frame without a code',
    bytes: '88 00',
    events: ['closed 1005'],
    answers: ['close'],
  },
  {
    section: '§5.5.1',
    title: 'a Close frame with a code',
    bytes: '88 02 03 e8',
    events: ['closed 1000'],
    answers: ['close 03e8'],
  },
  {
    section: '§5.5.1',
    title: 'a Close frame with a reason',
    bytes: '88 06 03 e9 62 79 c3 a9',
    events: ['closed 1001 byé'],
    answers: ['close 03e9'],
  },
  {
    section: '§5.5.1',
    title: 'a reason of 123 bytes',
    bytes: `88 7d 0f a0 ${ff(123, '61')}`,
    events: [`closed 4000 ${'a'.repeat(123)}`],
    answers: ['close 0fa0'],
  },
  {
    section: '§5.5.1',
    title: 'a Close frame inside a message, which is dropped',
    bytes: '01 01 61 88 02 03 e8',
    events: ['closed 1000'],
    answers: ['close 03e8'],
  },
  {
    section: '§7.1.7',
    title: 'whatever follows a Close frame is ignored',
    bytes: '81 01 61 88 02 03 e8 81 01 62 ff ff 89 00 88 00',
    events: ['text a', 'closed 1000'],
    answers: ['close 03e8'],
  },
  {
    section: '§7.4',
    title: 'a Close frame from a client',
    role: 'server',
    bytes: '88 82 00 00 00 00 03 e8',
    events: ['closed 1000'],
    answers: ['close 03e8'],
  },
  ...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999].map(
    (code): GoodStream => {
      const hex = code.toString(16).padStart(4, '0');
      return {
        section: '§7.4',
        title: `code ${code}`,
        bytes: `88 02 ${hex}`,
        events: [`closed ${code}`],
        answers: [`close ${hex}`],
      };
    },
  ),
];

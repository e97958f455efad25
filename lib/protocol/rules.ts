/**
 * Every rule that this client enforces on its peer, in one table, and the violation that breaking one raises.
 *
 * A violation becomes the close code, the `error` event, the line in a trace and the verdict of an audit. A spec
 * checks that every row has a vector that trips it (`spec/rfc6455`).
 */

/** One enforced rule. */
export interface Rule {
  /** The name by which traces, audits and specs refer to it; the key in the table. */
  readonly id: RuleId;
  /** Where the rule stands, e.g. `RFC 6455 §5.2`. */
  readonly section: string;
  /** What the peer has to do, as a sentence without a subject. */
  readonly demand: string;
  /** The status of the Close frame that answers a violation; `undefined` in the opening handshake, which has none. */
  readonly closeCode: number | undefined;
  /** `limit`: what came is legal, and more than this client accepts; `protocol`: it is not legal. */
  readonly kind: 'limit' | 'protocol';
}

type Row = readonly [section: string, demand: string, closeCode?: number | undefined, kind?: Rule['kind']];

const table = {
  // The head of an HTTP response: the server's, or a proxy's answer to CONNECT
  'http-status-line': ['RFC 9112 §4', 'the response starts with a status line "HTTP/1.x NNN reason"'],
  'http-line-end': ['RFC 9112 §2.2', 'a CR in the head is followed by LF'],
  'http-field-line': ['RFC 9112 §5', 'a field line is "name: value" with no white space before the colon'],
  'http-field-name': ['RFC 9110 §5.1', 'a field name is a token'],
  'http-field-value': ['RFC 9110 §5.5', 'a field value has no NUL and no other control character'],
  'http-obsolete-folding': ['RFC 9112 §2.2', 'the first field line does not start with white space'],
  'http-head-size': ['RFC 6455 §10.4', 'the head fits into the limit on its bytes', undefined, 'limit'],
  'http-field-count': ['RFC 6455 §10.4', 'the head fits into the limit on its number of fields', undefined, 'limit'],
  'http-head-complete': ['RFC 9112 §8', 'the head is complete before the connection ends'],

  // The tunnel through a proxy
  'connect-status': ['RFC 9110 §9.3.6', 'the proxy answers CONNECT with a 2xx status'],

  // The opening handshake, in the order of RFC 6455 §4.1
  'handshake-http-version': ['RFC 6455 §4.1', 'the handshake is answered with HTTP/1.1'],
  'handshake-status': ['RFC 6455 §4.1', 'the status is 101'],
  'handshake-upgrade': ['RFC 6455 §4.1', 'there is an Upgrade field whose value is "websocket"'],
  'handshake-connection': ['RFC 6455 §4.1', 'there is a Connection field with the token "Upgrade"'],
  'handshake-accept-once': ['RFC 6455 §11.3.3', 'Sec-WebSocket-Accept appears exactly once'],
  'handshake-accept': ['RFC 6455 §4.1', 'Sec-WebSocket-Accept is the base64 SHA-1 of our key and the GUID'],
  'handshake-extension-syntax': ['RFC 6455 §9.1', 'Sec-WebSocket-Extensions follows its grammar'],
  'handshake-extension': ['RFC 6455 §4.1', 'every extension in the response was offered'],
  'handshake-extension-once': ['RFC 7692 §5.1', 'permessage-deflate is accepted at most once'],
  'handshake-deflate-parameter': [
    'RFC 7692 §7.1',
    'the parameters of permessage-deflate are known, valid, unique and acceptable to the offer',
  ],
  'handshake-subprotocol-once': ['RFC 6455 §11.3.4', 'Sec-WebSocket-Protocol appears at most once in the response'],
  'handshake-subprotocol': ['RFC 6455 §4.1', 'the subprotocol in the response was offered'],

  // Framing
  'frame-rsv': [
    'RFC 6455 §5.2',
    'RSV1, RSV2 and RSV3 are 0 unless an extension that defines them was negotiated',
    1002,
  ],
  'frame-opcode': ['RFC 6455 §5.2', 'the opcode is not a reserved one', 1002],
  'frame-masked': ['RFC 6455 §5.1', 'a server does not mask its frames', 1002],
  'frame-unmasked': ['RFC 6455 §5.1', 'a client masks all its frames', 1002],
  'frame-minimal-length': ['RFC 6455 §5.2', 'the payload length is encoded in the fewest bytes', 1002],
  'frame-length-63-bit': ['RFC 6455 §5.2', 'the most significant bit of a 64-bit payload length is 0', 1002],
  'control-fragmented': ['RFC 6455 §5.5', 'a control frame is not fragmented', 1002],
  'control-length': ['RFC 6455 §5.5', 'a control frame has a payload of at most 125 bytes', 1002],
  'deflate-rsv1-control': ['RFC 7692 §6.1', 'RSV1 is 0 on control frames', 1002],
  'deflate-rsv1-continuation': ['RFC 7692 §6.1', 'RSV1 is set on the first frame of a message only', 1002],

  // Messages
  'message-continuation': ['RFC 6455 §5.4', 'a continuation frame follows an unfinished message', 1002],
  'message-interleaved': ['RFC 6455 §5.4', 'a new message starts only after the fragmented one is finished', 1002],
  'message-utf8': ['RFC 6455 §8.1', 'a text message is valid UTF-8', 1007],
  'message-size': ['RFC 6455 §10.4', 'a message fits into the limit on its bytes (maxMessageSize)', 1009, 'limit'],
  'message-fragments': ['RFC 6455 §10.4', 'a message fits into the limit on its number of fragments', 1009, 'limit'],
  'deflate-data': ['RFC 7692 §7.2.2', 'a compressed message is valid DEFLATE data', 1007],

  // Closing
  'close-length': [
    'RFC 6455 §5.5.1',
    'the body of a Close frame is empty or has at least the 2 bytes of a status code',
    1002,
  ],
  'close-code': ['RFC 6455 §7.4', 'the status code of a Close frame is one that may be sent', 1002],
  'close-reason-utf8': ['RFC 6455 §5.5.1', 'the reason of a Close frame is valid UTF-8', 1007],
} as const satisfies Record<string, Row>;

/** The name of an enforced rule. */
export type RuleId = keyof typeof table;

/** All enforced rules by name, in the order in which a connection meets them. */
export const rules: Readonly<Record<RuleId, Rule>> = Object.fromEntries(
  Object.entries<Row>(table).map(([id, [section, demand, closeCode, kind = 'protocol']]) => [
    id,
    { id, section, demand, closeCode, kind },
  ]),
) as Record<RuleId, Rule>;

/** A rule that the peer broke: which one, what came instead, and where in the stream. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly rule: Rule;
  /** What was expected: the rule's demand, or that demand with its numbers filled in. */
  readonly expected: string;
  /** What came instead; never a secret, never more than a few dozen bytes. */
  readonly got: string;
  /** Offset of the offending frame or field in what the peer sent, in bytes from the start of the connection. */
  readonly offset: number;

  constructor(id: RuleId, got: string, offset: number, expected: string = rules[id].demand) {
    super(`expected that ${expected} (${rules[id].section}), got ${got}`);
    this.rule = rules[id];
    this.expected = expected;
    this.got = got;
    this.offset = offset;
  }
}

/**
 * Rules that somebody between two peers sees broken, beside those of `rules.ts`: what a client's request has to be, and what
 * a peer must not send although the other one does not look at it any more.
 */

/** One of them. */
export interface ObservedRule {
  readonly id: ObservedRuleId;
  /** Where the rule stands, e.g. `RFC 6455 §4.1`. */
  readonly section: string;
  /** What the peer has to do, as a sentence without a subject. */
  readonly demand: string;
}

const observedTable = {
  'request-line': ['RFC 9112 §3', 'the request starts with a line "method target HTTP/1.1"'],
  'request-method': ['RFC 6455 §4.1', 'the method of the request is GET'],
  'request-http-version': ['RFC 6455 §4.1', 'the request is of HTTP/1.1 or higher'],
  'request-host': ['RFC 9112 §3.2', 'the request has one Host field'],
  'request-upgrade': ['RFC 6455 §4.1', 'the request has an Upgrade field with the token "websocket"'],
  'request-connection': ['RFC 6455 §4.1', 'the request has a Connection field with the token "Upgrade"'],
  'request-key': ['RFC 6455 §4.1', 'the request has one Sec-WebSocket-Key, which is base64 of 16 bytes'],
  'request-version': ['RFC 6455 §4.1', 'the request has one Sec-WebSocket-Version, which is 13'],
  'request-subprotocols': ['RFC 6455 §4.1', 'the subprotocols that the request offers are tokens, no two the same'],
  'request-extensions': ['RFC 6455 §9.1', 'Sec-WebSocket-Extensions of the request follows its grammar'],
  'frame-after-close': ['RFC 6455 §5.5.1', 'no frame follows a Close frame'],
} as const satisfies Record<string, readonly [section: string, demand: string]>;

/** The name of such a rule. */
export type ObservedRuleId = keyof typeof observedTable;

/** All of them by name, in the order in which a connection meets them. */
export const observedRules: Readonly<Record<ObservedRuleId, ObservedRule>> = Object.fromEntries(
  Object.entries(observedTable).map(([id, [section, demand]]) => [id, { id, section, demand }]),
) as Record<ObservedRuleId, ObservedRule>;

/** Status codes of the closing handshake (RFC 6455 §7.4). */

export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Never in a frame: the peer's Close frame had no status code. */
  noStatusReceived: 1005,
  /** Never in a frame: the connection was lost without a Close frame. */
  abnormal: 1006,
} as const;

/** The longest reason in bytes of UTF-8: a control frame's 125 bytes less the 2 of the code (RFC 6455 §5.5). */
export const maxReasonSize = 123;

/**
 * Whether a Close frame may carry this code: 1000–1003 and 1007–1014 as registered, 3000–3999 for libraries, 4000–4999
 * for private use (RFC 6455 §7.4.1, §7.4.2). 1004, 1005, 1006 and 1015 are reserved and never appear in a frame.
 */
export function maySendCloseCode(code: number): boolean {
  return (
    Number.isInteger(code) &&
    ((code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999))
  );
}

/** Whether the code is reserved for local use (1005, 1006, 1015) or undefined (1004): it must never be sent. */
export function isReservedCloseCode(code: number): boolean {
  return code === 1004 || code === 1005 || code === 1006 || code === 1015;
}

/** Status codes of the closing handshake and the body of a Close frame (RFC 6455 §5.5.1, §7.4). */
import { Buffer, isUtf8 } from 'node:buffer';
import { Violation } from './rules.js';

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

/** Encodes the body of a Close frame; empty for 1005, which says that there is no code. */
export function encodeCloseBody(code: number, reason: string): Buffer {
  if (code === CloseCode.noStatusReceived) return Buffer.alloc(0);
  const body = Buffer.alloc(2 + Buffer.byteLength(reason));
  body.writeUInt16BE(code);
  body.write(reason, 2);
  return body;
}

/**
 * Decodes the body of a Close frame; an empty one is 1005 and no reason (RFC 6455 §7.1.5).
 *
 * @param offset of the frame in the stream, for the violation
 * @throws {Violation} `close-length`, `close-code` or `close-reason-utf8`
 */
export function decodeCloseBody(body: Uint8Array, offset: number): { code: number; reason: string } {
  if (body.length === 0) return { code: CloseCode.noStatusReceived, reason: '' };
  if (body.length === 1) throw new Violation('close-length', 'a body of 1 byte', offset);
  const code = (body[0]! << 8) | body[1]!;
  if (!maySendCloseCode(code)) throw new Violation('close-code', `status code ${code}`, offset);
  const reason = body.subarray(2);
  if (!isUtf8(reason)) throw new Violation('close-reason-utf8', `${reason.length} bytes that are not UTF-8`, offset);
  return { code, reason: Buffer.from(reason).toString('utf8') };
}

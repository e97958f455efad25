/** The body of a Close frame (RFC 6455 §5.5.1). */
import { Buffer, isUtf8 } from 'node:buffer';
import { Violation } from '../rules.js';
import { CloseCode, maySendCloseCode } from './close-code.js';

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
  if (body.length === 2) return { code, reason: '' };
  const reason = body.subarray(2);
  if (!isUtf8(reason)) throw new Violation('close-reason-utf8', `${reason.length} bytes that are not UTF-8`, offset);
  return { code, reason: Buffer.from(reason).toString('utf8') };
}

/** A tunnel through an HTTP proxy (RFC 9110 §9.3.6): the bytes of a CONNECT request and the verdict on the reply. */
import { Buffer } from 'node:buffer';
import { Violation } from '../rules.js';
import { Secrets } from '../secrets.js';
import { RefusalBody } from './body-preview.js';
import { Head, HeadReader, parseStatusLine, type StatusLine } from './head.js';
import { defaultHeadLimits, type HeadLimits } from './limits.js';

/** Bounds on the head of a proxy's reply, all interim responses together. */
export const tunnelLimits: HeadLimits = defaultHeadLimits;

/** The target in authority form (RFC 9112 §3.2.3): an IPv6 address in brackets, always with the port. */
export function tunnelAuthority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * The bytes of the request.
 *
 * @param authorization the value of Proxy-Authorization
 * @param userAgent the value of User-Agent
 */
export function encodeConnectRequest(authority: string, authorization: string | undefined, userAgent?: string): Buffer {
  const agent = userAgent === undefined ? '' : `User-Agent: ${userAgent}\r\n`;
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  // RFC 9110 §7.2: for CONNECT, Host is the authority of the target.
  return Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${agent}${credentials}\r\n`, 'utf8');
}

/** What a proxy answered instead of a 2xx. */
export interface TunnelRefusal {
  readonly status: StatusLine;
  readonly head: Head;
  /** The first KiB of the body, as far as it came. */
  readonly body: string;
  readonly bytes: Uint8Array;
}

/**
 * Reads a proxy's reply from chunks of any size.
 *
 *     reading ──► established      a 2xx: every byte after the head belongs to the tunnel
 *        └──────► refused          anything else; the start of its body is being collected
 */
export class TunnelReply {
  #reader = new HeadReader(tunnelLimits);
  #received = 0;
  #state: 'reading' | 'established' | 'refused' = 'reading';
  #refused: { status: StatusLine; head: Head; body: RefusalBody } | undefined;
  readonly #secrets: Secrets;

  /** @param authorization what the request carried: should the proxy repeat it, it is blotted out of the refusal */
  constructor(authorization: string | undefined) {
    this.#secrets = Secrets.ofAuthorization(authorization);
  }

  get state(): 'reading' | 'established' | 'refused' {
    return this.#state;
  }

  /** Bytes of the reply taken so far. */
  get received(): number {
    return this.#received;
  }

  /** Whether more of the body could add anything to the refusal. */
  get isComplete(): boolean {
    return this.#refused?.body.complete ?? false;
  }

  /** Once `refused`: what the proxy said, without our credentials. */
  get refusal(): TunnelRefusal {
    const { status, head, body } = this.#refused!;
    const fields = head.fields.map(([name, value]) => [name, this.#redact(value)] as const);
    // Cut after its first KiB, or where the connection ended: maybe in the middle of a secret.
    const text = this.#secrets.replace(body.toString(), false);
    return {
      status: { ...status, message: this.#redact(status.message) },
      head: new Head(this.#redact(head.startLine), fields, head.size, head.lenient),
      body: text,
      bytes: Buffer.from(text),
    };
  }

  /**
   * Takes the next bytes.
   *
   * @returns the position after what was taken; once `established`, what follows belongs to the tunnel
   * @throws {Violation} one of the `http-…` rules
   */
  push(bytes: Buffer, start: number, end: number): number {
    try {
      return this.#take(bytes, start, end);
    } catch (error) {
      // A violation shows what came. Credentials in it may be cut off or quoted, so it is all or nothing.
      if (!(error instanceof Violation) || this.#secrets.isEmpty) throw error;
      const got = 'something else, not shown because it may repeat our credentials';
      throw new Violation(error.rule.id, got, error.offset, error.expected);
    }
  }

  #take(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state === 'reading') {
      const next = this.#reader.push(bytes, at, end);
      this.#received += next - at;
      at = next;
      if (this.#reader.head !== undefined) this.#judge(this.#reader.head);
    }
    if (this.#state === 'refused' && at < end) {
      this.#refused!.body.push(bytes, at, end);
      this.#received += end - at;
      at = end;
    }
    return at;
  }

  #judge(head: Head): void {
    const status = parseStatusLine(head.startLine);
    if (status.status < 200 && status.status !== 101) {
      // RFC 9110 §15.2: a client must be able to take 1xx responses before the final one.
      this.#reader = new HeadReader({ ...tunnelLimits, maxHeadSize: tunnelLimits.maxHeadSize - this.#received });
    } else if (status.status >= 200 && status.status < 300) {
      // RFC 9110 §9.3.6: Content-Length and Transfer-Encoding of a 2xx are ignored; the tunnel begins after the head.
      this.#state = 'established';
    } else {
      this.#state = 'refused';
      this.#refused = { status, head, body: new RefusalBody(head, status.status) };
    }
  }

  #redact(text: string): string {
    return this.#secrets.replace(text, true);
  }
}

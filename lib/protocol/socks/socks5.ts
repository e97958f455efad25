/** A connection through a SOCKS5 proxy (RFC 1928, RFC 1929): the bytes of the client, and the verdict on the proxy's. */
import { Buffer } from 'node:buffer';
import { option, type Sentence, sentence, spell } from '../sentence.js';

/** Who the client is. Each has at most 255 bytes of UTF-8 (RFC 1929 §2). */
export interface SocksCredentials {
  readonly username: string;
  readonly password: string;
}

/** What a proxy answered that leads nowhere. */
export class SocksError extends Error {
  override readonly name = 'SocksError';
  readonly sentence: Sentence;
  /** Whether it is about what the proxy was to connect to: another address may do. */
  readonly isRefusal: boolean;

  constructor(text: Sentence, isRefusal = false) {
    super(spell(text));
    this.sentence = text;
    this.isRefusal = isRefusal;
  }
}

/** How the host is named to the proxy: by one of its addresses, or for the proxy to look up. */
export interface SocksTarget {
  readonly host: string;
  readonly port: number;
  /** The bytes of an IP address: 4 or 16. Not given: `host` is a name. */
  readonly address?: Uint8Array | undefined;
}

const version = 5;
const noAuthentication = 0;
const byPassword = 2;
const noneAcceptable = 0xff;
/** Bytes: the length is one byte (RFC 1928 §5). */
const longestName = 255;

/** RFC 1928 §6. */
const refusals: readonly ((target: string) => string)[] = [
  () => 'it failed for a reason of its own',
  (target) => `its rules do not allow a connection to ${target}`,
  (target) => `it finds the network of ${target} unreachable`,
  (target) => `it finds the host of ${target} unreachable, or cannot resolve its name`,
  (target) => `${target} refused its connection, nothing listens there`,
  (target) => `its packets to ${target} expired on their way (TTL)`,
  () => 'it does not support CONNECT',
  (target) => `it does not support this kind of address: ${target}`,
];

type State = 'method' | 'credentials' | 'reply' | 'established';

/** What the proxy is to send next, for the message when it does not. */
const awaited: Readonly<Record<State, string>> = {
  method: 'the greeting',
  credentials: 'the user name and password',
  reply: 'the request to connect',
  established: 'nothing',
};

/** The client's side of one negotiation, from chunks of any size. */
export class Socks5 {
  readonly #target: SocksTarget;
  readonly #credentials: SocksCredentials | undefined;
  #state: State = 'method';
  /** Of the answer that is being read. */
  #got: number[] = [];
  #replySize = Infinity;
  #output: Buffer | undefined;

  constructor(target: SocksTarget, credentials?: SocksCredentials) {
    this.#target = target;
    this.#credentials = credentials;
    const methods = credentials === undefined ? [noAuthentication] : [noAuthentication, byPassword];
    this.#output = Buffer.from([version, methods.length, ...methods]);
  }

  get isEstablished(): boolean {
    return this.#state === 'established';
  }

  /** What the proxy has not answered yet. */
  get awaits(): string {
    return awaited[this.#state];
  }

  /** Takes what is to be sent now, if anything. */
  takeOutput(): Buffer | undefined {
    const output = this.#output;
    this.#output = undefined;
    return output;
  }

  /**
   * Takes the next bytes.
   *
   * @returns the position after what was taken; once established, what follows is the target's
   * @throws {SocksError}
   */
  push(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== 'established') this.#take(bytes[at++]!);
    return at;
  }

  #take(byte: number): void {
    this.#got.push(byte);
    const isFirst = this.#got.length === 1;
    switch (this.#state) {
      case 'method':
        return isFirst ? checkVersion(byte, version) : this.#choose(byte);
      case 'credentials':
        return isFirst ? checkVersion(byte, 1) : this.#judge(byte);
      default:
        return this.#takeReply(byte);
    }
  }

  #choose(method: number): void {
    if (method === noAuthentication) return this.#request();
    if (method === byPassword && this.#credentials !== undefined) {
      const texts = [this.#credentials.username, this.#credentials.password].map((text) => Buffer.from(text));
      return this.#next('credentials', Buffer.concat([Buffer.of(1), ...texts.flatMap(withLength)]));
    }
    if (method === noneAcceptable && this.#credentials === undefined) {
      throw new SocksError(
        sentence`the proxy wants a user name and password: give username and password in the option ${option('proxy')}, or in the URL of the environment's variable`,
      );
    }
    if (method === noneAcceptable) {
      throw new SocksError([
        'the proxy takes neither a client without authentication nor one with a user name and password',
      ]);
    }
    throw new SocksError([`the proxy chose a way of authentication that was not offered (${method})`]);
  }

  #judge(status: number): void {
    if (status !== 0) throw new SocksError(['the proxy does not accept the user name and password']);
    this.#request();
  }

  #request(): void {
    const { host, port, address } = this.#target;
    const name = Buffer.from(host);
    if (address === undefined && name.length > longestName) {
      throw new SocksError(sentence`the host name has ${name.length} bytes, and SOCKS5 carries at most ${longestName}`);
    }
    const where =
      address === undefined ? [Buffer.of(3), ...withLength(name)] : [Buffer.of(address.length === 4 ? 1 : 4), address];
    this.#next('reply', Buffer.concat([Buffer.of(version, 1, 0), ...where, Buffer.of(port >> 8, port & 0xff)]));
  }

  #takeReply(byte: number): void {
    const size = this.#got.length;
    if (size === 1) checkVersion(byte, version);
    // Some proxies send nothing behind the code of a refusal.
    else if (size === 2 && byte !== 0) throw this.#refused(byte);
    else if (size === 4) this.#replySize = replySize(byte);
    else if (size === 5 && this.#got[3] === 3) this.#replySize = 4 + 1 + byte + 2;
    if (size === this.#replySize) this.#state = 'established';
  }

  #refused(code: number): SocksError {
    const { host, port } = this.#target;
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const why = refusals[code - 1]?.(authority) ?? 'a code without a meaning';
    return new SocksError([`the proxy answered the request to connect with ${code}: ${why}`], true);
  }

  #next(state: State, output: Buffer): void {
    this.#state = state;
    this.#got = [];
    // A proxy may answer before it is asked.
    this.#output = this.#output === undefined ? output : Buffer.concat([this.#output, output]);
  }
}

function withLength(bytes: Uint8Array): Uint8Array[] {
  return [Buffer.of(bytes.length), bytes];
}

function replySize(addressType: number): number {
  if (addressType === 1) return 4 + 4 + 2;
  if (addressType === 4) return 4 + 16 + 2;
  if (addressType === 3) return Infinity; // the next byte says
  throw new SocksError([`the proxy's answer has a kind of address that does not exist (${addressType})`]);
}

function checkVersion(got: number, expected: number): void {
  if (got === expected) return;
  // "HTTP/1.1 400 Bad Request"
  const hint = got === 0x48 ? ': it answers as an HTTP server does, is it an HTTP proxy?' : '';
  const what = expected === version ? 'SOCKS5' : 'the user name and password of SOCKS5';
  throw new SocksError([
    `the proxy does not speak ${what}: expected an answer of version ${expected}, got ${got}${hint}`,
  ]);
}

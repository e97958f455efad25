/**
 * Why a connection could not be opened, or was lost: data, in no words of the API and with no code of the platform.
 *
 * A failure carries its sentence with the options in it as data, so that each facade names them in its own way.
 */

import type { Violation } from '../protocol/rules.js';
import type { Failure, Refusal } from '../protocol/session.js';

/** Options of a connection that a failure may be about, by their names in a plan. */
export type OptionName =
  | 'caPath'
  | 'clientCert'
  | 'clientCert.certPath'
  | 'clientCert.keyPath'
  | 'clientCert.keyPassword'
  | 'minSupportTlsProtocol'
  | 'maxUrlLength'
  | 'proxy'
  | LimitName;

/** Options that limit a time. */
export type LimitName = 'handshakeTimeout' | 'pongTimeout' | 'closeTimeout';

/** Where an attempt to connect is. TLS to a proxy belongs to `proxy`. */
export type Phase = 'DNS lookup' | 'TCP connection' | 'proxy' | 'TLS handshake' | 'opening handshake';

/** Text whose options are named by whoever shows it. */
export type Sentence = readonly (string | { readonly option: OptionName })[];

interface Common {
  /** What happened, without a full stop; never a credential. */
  readonly sentence: Sentence;
  /** HTTP status of the server's response, or of the proxy's; 0 when there was none. */
  readonly status: number;
  /** Whether anything has left for the network: a DNS query, a TCP connection. */
  readonly attempted: boolean;
  /** The error of Node, or the `Violation`, behind it. */
  readonly cause?: unknown;
  /** What the server or the proxy answered instead of what was asked for. */
  readonly refusal?: Refusal | undefined;
}

/**
 * Why there is no connection (any more).
 *
 * - `aborted`: by `close` or by the signal
 * - `unloadable`: a module of this client could not be loaded
 * - `permission`: the runtime or the system does not allow it; with `option`, to read the file that it names
 * - `dns`, `tcp`, `tls`, `certificate`: the step that failed; `proxy`: all that goes wrong with a proxy but its refusal
 * - `refused`: the server or the proxy answered with another HTTP status
 * - `violation`: the peer broke a rule of the protocol
 * - `lost`: the connection ended without a closing handshake
 */
export type ConnectionFailure = Common &
  (
    | { readonly kind: 'aborted' | 'unloadable' | 'dns' | 'tcp' | 'tls' | 'certificate' | 'proxy' | 'lost' }
    | { readonly kind: 'refused'; readonly refusal: Refusal }
    | { readonly kind: 'violation'; readonly violation: Violation }
    | { readonly kind: 'timeout'; readonly limit: LimitName; readonly phase?: Phase }
    | { readonly kind: 'file-missing' | 'file-unusable'; readonly option: OptionName }
    | { readonly kind: 'permission'; readonly option?: OptionName }
  );

/** A failure on its way up. */
export class FailureError extends Error {
  override readonly name = 'FailureError';
  readonly failure: ConnectionFailure;

  constructor(failure: ConnectionFailure) {
    super(spell(failure.sentence), failure.cause === undefined ? undefined : { cause: failure.cause });
    this.failure = failure;
  }
}

/** An option, to stand in a `sentence`. */
export function option(name: OptionName): { readonly option: OptionName } {
  return { option: name };
}

/** Template tag: text, numbers, options and other sentences in one. */
export function sentence(
  texts: TemplateStringsArray,
  ...values: readonly (string | number | Sentence | { readonly option: OptionName })[]
): Sentence {
  const parts: (string | { readonly option: OptionName })[] = [];
  for (const [index, text] of texts.entries()) {
    const value = values[index];
    if (text !== '') parts.push(text);
    if (typeof value === 'number') parts.push(String(value));
    else if (Array.isArray(value)) parts.push(...(value as Sentence));
    else if (value !== undefined) parts.push(value as string | { readonly option: OptionName });
  }
  return parts;
}

/** @param nameOf how an option is called there; default: as in a plan, which is as in the API */
export function spell(text: Sentence, nameOf: (option: OptionName) => string = (name) => name): string {
  return text.map((part) => (typeof part === 'string' ? part : nameOf(part.option))).join('');
}

export const abortedByClose = sentence`close was called before the connection was open`;
export const abortedBySignal = sentence`the attempt was aborted by its signal`;

/**
 * A session's failure as one of its connection.
 *
 * @param problem the meaning of its cause, as the session was given it in words of the plan
 */
export function ofSession(failure: Failure, problem: Sentence | undefined): ConnectionFailure {
  const { message, status, cause, violation, refusal, limit } = failure;
  const common = { sentence: [message], status, attempted: true, cause: cause ?? violation, refusal };
  if (limit !== undefined) return { ...common, kind: 'timeout', limit };
  if (violation?.rule.id === 'handshake-status' && refusal !== undefined)
    return { ...common, kind: 'refused', refusal };
  if (violation !== undefined) return { ...common, kind: 'violation', violation };
  if (problem === undefined || !message.endsWith(spell(problem))) return { ...common, kind: 'lost' };
  const before = message.slice(0, -spell(problem).length);
  return { ...common, kind: 'lost', sentence: [before, ...problem] };
}

/**
 * Whether the runtime or the system refused the access: Node's permission model (`ERR_ACCESS_DENIED`), or
 * `EACCES`/`EPERM` of the operating system. Looks through `AggregateError`s (one error an address) and causes.
 */
export function isPermissionDenied(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code, errors } = at as NodeJS.ErrnoException & { errors?: unknown };
    if (code === 'ERR_ACCESS_DENIED' || code === 'EACCES' || code === 'EPERM') return true;
    if (Array.isArray(errors) && errors.length > 0 && errors.every(isPermissionDenied)) return true;
  }
  return false;
}

/** What a server, or a proxy, said instead of 101: for a person, and as JSON. */
import { readRetryAfter } from '../../api/retry-rule.js';
import { challengeSchemes } from '../../protocol/http/challenges.js';
import type { ResponseHeaders } from '../../protocol/http/field.js';
import { printable, shorten } from '../../protocol/printable.js';
import { blot } from '../../protocol/secrets.js';
import type { ConnectPlan } from '../../transport/connect-plan.js';
import type { ConnectionFailure } from '../../transport/failure.js';
import { blotHeaders, secretsOf } from '../link.js';

/** Fields that say what to do now, and who answered. */
const shownFields = [
  'Location',
  'Retry-After',
  'WWW-Authenticate',
  'Proxy-Authenticate',
  'Server',
  'Content-Type',
] as const;

/** Characters and lines of the body that a person is shown, and characters that a program is given. */
const shownBody = 1000;
const shownLines = 12;
const maxDecoded = 16_384;

export interface ShownRefusal {
  readonly status: number;
  readonly message: string;
  readonly headers: ResponseHeaders;
  /** The start of the body, decoded. */
  readonly body: string;
  /** What the body was compressed with, when it could not be decoded. */
  readonly encoding: string | undefined;
}

/** @param showsSecrets whether what the server repeats of the request's credentials is shown */
export async function readRefusal(
  { refusal }: ConnectionFailure,
  plan: ConnectPlan,
  showsSecrets: boolean,
): Promise<ShownRefusal | undefined> {
  if (refusal === undefined) return undefined;
  const secrets = secretsOf(plan, showsSecrets);
  const { status, head, bytes } = refusal;
  const headers: Record<string, string | string[] | undefined> = showsSecrets
    ? head.toHeaders()
    : blotHeaders(head.toHeaders(), secrets);
  for (const name of ['www-authenticate', 'proxy-authenticate']) {
    const values = head.values(name).map((value) => secrets.blot(showsSecrets ? value : showChallenge(value)));
    if (values.length > 0) headers[name] = values.join(', ');
  }
  const [encoding] = head.tokens('content-encoding').filter((token) => token !== 'identity');
  const body = encoding === undefined ? refusal.body : await decode(bytes, encoding);
  return {
    status: status.status,
    message: secrets.blot(status.message),
    headers: headers as ResponseHeaders,
    body: secrets.blot((body ?? '').slice(0, maxDecoded), false),
    encoding: body === undefined ? encoding : undefined,
  };
}

/** Parameters of challenges that say what to do, and are no secrets (RFC 7617, RFC 6750, RFC 7616). */
const shownParameters: ReadonlySet<string> = new Set([
  'realm',
  'charset',
  'scope',
  'error',
  'error_description',
  'algorithm',
  'qop',
  'stale',
]);

/** A challenge without what may be a token: `Negotiate *****`, `Digest realm="x", nonce="***"`. */
function showChallenge(value: string): string {
  const schemes = challengeSchemes([value]);
  return value.replace(
    /([\w-]+)(\s*=\s*)("(?:[^"\\]|\\.)*"?|[^\s,"=]+)|[^\s,]+/g,
    (all: string, name: string | undefined, equals: string, given: string) => {
      if (name === undefined) return schemes.includes(all) ? all : blot(all);
      return shownParameters.has(name.toLowerCase()) ? all : name + equals + blot(given);
    },
  );
}

/** The beginning of a body, as much of it as came; `undefined` when it cannot be decoded. */
async function decode(bytes: Uint8Array, encoding: string): Promise<string | undefined> {
  const zlib = await import('node:zlib');
  const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;
  // A KiB that was compressed well is a MiB.
  const options = { finishFlush: Z_SYNC_FLUSH, maxOutputLength: 2 * 2 ** 20 };
  try {
    if (encoding === 'gzip' || encoding === 'x-gzip') return zlib.gunzipSync(bytes, options).toString('utf8');
    if (encoding === 'deflate') return zlib.inflateSync(bytes, options).toString('utf8');
    if (encoding === 'br')
      return zlib.brotliDecompressSync(bytes, { ...options, finishFlush: BROTLI_OPERATION_FLUSH }).toString('utf8');
  } catch {}
  return undefined;
}

/** Lines for stderr, each with its end; nothing of the peer's can drive a terminal. */
export function refusalLines({ headers, body, encoding }: ShownRefusal): string {
  const lines: string[] = [];
  for (const name of shownFields) {
    const value = headers[name.toLowerCase()];
    for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value])
      lines.push(`  ${name}: ${printable(shorten(one, 300))}`);
  }
  if (encoding !== undefined) lines.push(`  (the body is compressed with ${printable(shorten(encoding, 40))})`);
  const text = body.slice(0, shownBody).trim();
  if (text !== '') {
    const all = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
    const more = body.trim().length > text.length || all.length > shownLines;
    lines.push(
      ...all.slice(0, shownLines).map((line) => `  | ${shorten(printable(line.trimEnd()), shownBody)}`),
      ...(more ? ['  | …'] : []),
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** The same as data, for --json. */
export function refusalJson({ status, message, headers, body, encoding }: ShownRefusal): object {
  return { type: 'refused', status, message, headers, body, ...(encoding === undefined ? {} : { encoding }) };
}

/** How long a server asks to be left alone, in seconds (RFC 9110 §10.2.3); a date counts from now. */
export function retryAfter({ refusal }: ConnectionFailure, now: number): number | undefined {
  const value = refusal?.head.values('retry-after')[0];
  const asked = value === undefined ? undefined : readRetryAfter(value, now);
  return asked === undefined ? undefined : asked / 1000;
}

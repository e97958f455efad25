/** What OpenSSL makes of options, shared by connections with the same ones: it costs more than a resumed handshake. */
import tls from 'node:tls';

/** What a context is made of, but for a client's key: that is not kept beyond its connections. */
export interface TlsTrust {
  /** PEM; none: the runtime's own roots, which a program may change. */
  readonly ca: readonly string[];
  readonly minVersion: tls.SecureVersion | undefined;
}

/** How many are kept; one of few CAs has some 20 KiB, one of all the CAs of a system less than a megabyte. */
export const maxContexts = 4;

const contexts = new Map<string, tls.SecureContext>();

/**
 * The context of an earlier connection that trusts the same, or a new one.
 *
 * @param make makes one, and may throw
 */
export function sharedContext({ ca, minVersion }: TlsTrust, make: () => tls.SecureContext): tls.SecureContext {
  // What a program can set for all of its connections belongs to what a context is made of.
  const defaults = [tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION, tls.DEFAULT_CIPHERS, tls.DEFAULT_ECDH_CURVE];
  const key = JSON.stringify([ca, minVersion, defaults]);
  const context = contexts.get(key) ?? make();
  contexts.delete(key);
  contexts.set(key, context);
  if (contexts.size > maxContexts) contexts.delete(contexts.keys().next().value!);
  return context;
}

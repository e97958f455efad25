/** What OpenSSL makes of options, shared by connections with the same ones: it costs more than a resumed handshake. */
import tls from 'node:tls';

/** How many are kept; one has 24 KiB with one CA, and 1.1 MiB with the 144 of a system. */
export const maxContexts = 4;

const contexts = new Map<string, tls.SecureContext>();

/**
 * The context of an earlier connection that trusts the same, or a new one. Not for the runtime's own roots, which a program
 * may change, nor with a client's key, which is not kept beyond its connections.
 *
 * @param trust the same for the same CAs and lowest version
 * @param make makes one, and may throw
 */
export function sharedContext(trust: string, make: () => tls.SecureContext): tls.SecureContext {
  // What a program can set for all of its connections belongs to what a context is made of.
  const defaults = [tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION, tls.DEFAULT_CIPHERS, tls.DEFAULT_ECDH_CURVE];
  const key = JSON.stringify([trust, defaults]);
  const context = contexts.get(key) ?? make();
  contexts.delete(key);
  contexts.set(key, context);
  if (contexts.size > maxContexts) contexts.delete(contexts.keys().next().value!);
  return context;
}

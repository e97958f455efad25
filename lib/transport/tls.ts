/** What a program says about TLS -> the options of `tls.connect`. Loaded only when a connection needs TLS. */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';

/** A client certificate; empty paths mean none. */
export interface ClientCert {
  /** PEM: the certificate, followed by its intermediates. */
  certPath: string;
  /** PEM: PKCS#1, PKCS#8 or SEC 1, plain or encrypted. */
  keyPath: string;
  keyPassword?: string;
}

/** The TLS options of a connection. */
export interface TlsPlan {
  /** A PEM file or a directory of PEM files: the only CAs to trust. Default: the runtime's own roots. */
  readonly caPath?: string | undefined;
  readonly clientCert?: ClientCert | undefined;
  readonly skipServerCertVerification: boolean;
  /** The lowest TLS version allowed: 0 is TLS 1.0, 3 is TLS 1.3. Default: the runtime's. */
  readonly minSupportTlsProtocol?: 0 | 1 | 2 | 3 | undefined;
}

/** RFC 6066 §3: a name without its final dot, and never an IP address. */
export function serverName(host: string): string | undefined {
  return isIP(host) === 0 ? host.replace(/\.$/, '') : undefined;
}

/** The options for a server of this name. */
export function tlsOptions(plan: TlsPlan, host: string): ConnectionOptions {
  const servername = serverName(host);
  return {
    ...(servername === undefined ? {} : { servername }),
    rejectUnauthorized: !plan.skipServerCertVerification,
  };
}

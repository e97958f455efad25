/** The types of `link-facts.ts`: a file of their own, since the declarations must not need Node's types. */

/** The ends of the TCP connection: those of the proxy, when there is one. Nothing of it for a local socket. */
export interface LinkFacts {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
}

/** What TLS came to. */
export interface TlsLinkFacts {
  /** `TLSv1.3`, … */
  readonly version: string;
  /** By its name in the standard: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** Whether the server's certificate was verified: not, where `skipServerCertVerification` accepts any. */
  readonly authorized: boolean;
  /** Why it would not have been accepted. */
  readonly authorizationError: string | undefined;
  /** Whether the session of an earlier connection was resumed. */
  readonly resumed: boolean;
  /** The server's. */
  readonly certificate: ServerCertificate | undefined;
}

/** A server's certificate. */
export interface ServerCertificate {
  readonly subject: string;
  readonly issuer: string;
  /** The names that it is for: `DNS:example.com`, `IP Address:127.0.0.1`. */
  readonly names: readonly string[];
  readonly validFrom: Date;
  readonly validTo: Date;
  /** SHA-256, in hexadecimal with colons. */
  readonly fingerprint: string;
}

/** A client certificate; an empty `certPath` and `keyPath` mean none. */
export interface ClientCert {
  /** PEM: the certificate, followed by its intermediates. */
  certPath: string;
  /** PEM: PKCS#1, PKCS#8 or SEC 1, plain or encrypted. */
  keyPath: string;
  /** The passphrase of an encrypted key. */
  keyPassword?: string;
}

/** A client certificate; an empty `certPath` and `keyPath` mean none. */
export interface ClientCert {
  /** PEM: the certificate, followed by its intermediates. */
  certPath: string;
  /** PEM: PKCS#1, PKCS#8 or SEC 1, plain or encrypted. */
  keyPath: string;
  /** The passphrase of an encrypted key. */
  keyPassword?: string;
}

/** PEM, as text or as the bytes of a file. */
export type PemText = string | Uint8Array;

/** A client certificate that the program holds itself. */
export interface ClientCertText {
  /** The certificate, followed by its intermediates. */
  cert: PemText;
  /** PKCS#1, PKCS#8 or SEC 1, plain or encrypted. */
  key: PemText;
  /** The passphrase of an encrypted key. */
  keyPassword?: string;
}

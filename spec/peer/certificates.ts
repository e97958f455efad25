/**
 * Certificates for the specs, made with openssl in a temporary folder: nothing secret is ever committed.
 *
 *     const certs = await certificates();
 *     const server = createServer(certs.server.pem());                        // node:tls or node:https
 *     await ws.connect(url, { caPath: certs.root, clientCert: certs.client.ecPkcs8Encrypted });
 *
 * Made once per process (about 0.4 s), removed when it exits. Everything is EC P-256 except where a name says RSA.
 */
import { execFile } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { generateKeyPair } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { atExit } from './at-exit.js';

/** A certificate and its key: the shape of the API's `ClientCert`, so that it can be given as one. */
export interface Identity {
  /** PEM: the certificate, followed by its intermediate unless the name says otherwise. */
  readonly certPath: string;
  readonly keyPath: string;
  /** Only when the key is encrypted. */
  readonly keyPassword?: string;
}

/** An identity that a `node:tls` server can be made from. */
export interface ServerIdentity extends Identity {
  pem(): { cert: Buffer; key: Buffer };
}

export interface Certificates {
  /** The temporary folder; specs may write into it, it goes away with the process. */
  readonly folder: string;
  /** The root CA: the one thing a client has to trust. PEM file. */
  readonly root: string;
  /** The intermediate CA that issued every certificate below unless it says otherwise. PEM file. */
  readonly intermediate: string;
  /** A PEM file with two CAs: a stranger first, then the root. */
  readonly bundle: string;
  /** A folder with the stranger's and the root's PEM file. */
  readonly directory: string;
  /** A CA that issued nothing of the above but `strangers` and `client.stranger`. PEM file. */
  readonly strangerRoot: string;
  /** Subject alternative names: `localhost`, `server.test`, `127.0.0.1`, `::1`. */
  readonly server: ServerIdentity;
  /** The server's certificate without the intermediate: a chain that cannot be completed. */
  readonly withoutIntermediate: ServerIdentity;
  /** Right names, ended yesterday. */
  readonly expired: ServerIdentity;
  /** Right names, begins tomorrow. */
  readonly notYetValid: ServerIdentity;
  /** Valid, but only for `other.test` and `192.0.2.1`. */
  readonly wrongHost: ServerIdentity;
  /** `localhost` as a common name only, with no subject alternative name. */
  readonly commonNameOnly: ServerIdentity;
  /** Only the DNS name `localhost`, no IP address. */
  readonly nameOnly: ServerIdentity;
  /** The addresses `127.0.0.1` and `::1` as DNS names. */
  readonly addressAsName: ServerIdentity;
  /** Right names, issued by itself. */
  readonly selfSigned: ServerIdentity;
  /** Right names, issued by `strangerRoot`. */
  readonly strangers: ServerIdentity;
  /** The same client key in every form that PEM has, for each kind of key. */
  readonly client: {
    readonly rsaPkcs1: Identity;
    readonly rsaPkcs8: Identity;
    readonly rsaPkcs1Encrypted: Identity;
    readonly rsaPkcs8Encrypted: Identity;
    readonly ecSec1: Identity;
    readonly ecPkcs8: Identity;
    readonly ecSec1Encrypted: Identity;
    readonly ecPkcs8Encrypted: Identity;
    /** Issued by `strangerRoot`: a server that trusts the root refuses it. */
    readonly stranger: Identity;
  };
}

const run = promisify(execFile);
const keyPair = promisify(generateKeyPair);

let made: Promise<Certificates> | undefined;

/** The certificates of this process. Needs openssl 3 (or 1.1.1) in the PATH. */
export function certificates(): Promise<Certificates> {
  return (made ??= make());
}

const serverNames = 'DNS:localhost,DNS:server.test,IP:127.0.0.1,IP:::1';
const passphrase = 'correct horse';
const day = 24 * 60 * 60 * 1000;

interface Issuer {
  readonly certPath: string;
  readonly keyPath: string;
}

async function make(): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-certificates-'));
  atExit(() => rmSync(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  const write = (name: string, text: string | Buffer): string => {
    writeFileSync(at(name), text, { mode: 0o600 });
    return at(name);
  };

  // RSA takes by far the longest: begin with it.
  const rsa = keyPair('rsa', { modulusLength: 2048 });
  const ec = async (): Promise<KeyObject> => (await keyPair('ec', { namedCurve: 'P-256' })).privateKey;
  const newKey = async (name: string): Promise<string> =>
    write(`${name}.key`, (await ec()).export({ type: 'pkcs8', format: 'pem' }));

  async function authority(name: string, issuer?: Issuer): Promise<Issuer> {
    const keyPath = await newKey(name);
    const extensions = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
    const certPath = await issue(name, { keyPath, commonName: `Spec ${name}`, extensions, issuer });
    return { certPath, keyPath };
  }

  /** Runs openssl; its message on stderr becomes the error's. */
  async function openssl(...args: string[]): Promise<void> {
    await run('openssl', args).catch((cause: Error & { stderr?: string }) => {
      throw new Error(`openssl ${args[0]} failed: ${cause.stderr ?? cause.message}`, { cause });
    });
  }

  async function issue(
    name: string,
    request: {
      keyPath: string;
      commonName: string;
      extensions: string;
      /** None: signed with its own key. */
      issuer?: Issuer | undefined;
      from?: number;
      until?: number;
    },
  ): Promise<string> {
    const { keyPath, commonName, issuer, from = Date.now() - day, until = Date.now() + 2 * day } = request;
    const own = { certPath: at(`${name}.pem`), keyPath };
    // `openssl ca` is the one command of every version that takes both dates.
    const config = write(
      `${name}.cnf`,
      [
        '[req]',
        'distinguished_name=dn',
        '[dn]',
        '[ca]',
        'default_ca=this',
        '[this]',
        `database=${write(`${name}.db`, '')}`,
        `new_certs_dir=${folder}`,
        'rand_serial=yes',
        'default_md=sha256',
        'policy=policy',
        'x509_extensions=extensions',
        '[policy]',
        'commonName=supplied',
        '[extensions]',
        'subjectKeyIdentifier=hash',
        issuer === undefined ? '' : 'authorityKeyIdentifier=keyid',
        request.extensions,
      ].join('\n'),
    );
    const csr = at(`${name}.csr`);
    await openssl('req', '-new', '-key', keyPath, '-subj', `/CN=${commonName}`, '-config', config, '-out', csr);
    await openssl(
      ...['ca', '-batch', '-notext', '-config', config, '-in', csr, '-out', own.certPath],
      ...['-startdate', asn1Time(from), '-enddate', asn1Time(until), '-keyfile', issuer?.keyPath ?? keyPath],
      ...(issuer === undefined ? ['-selfsign'] : ['-cert', issuer.certPath]),
    );
    return own.certPath;
  }

  const [root, stranger] = await Promise.all([authority('root'), authority('stranger')]);
  const intermediate = await authority('intermediate', root);
  const chained = (name: string, leaf: string, issuer = intermediate): string =>
    write(`${name}-chain.pem`, Buffer.concat([readFileSync(leaf), readFileSync(issuer.certPath)]));

  async function server(
    name: string,
    names: string,
    options: { issuer?: Issuer | null; commonName?: string; from?: number; until?: number } = {},
  ): Promise<ServerIdentity & { leaf: string }> {
    const { issuer = intermediate, commonName = name, ...dates } = options;
    const keyPath = await newKey(name);
    const extensions =
      'basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n' + (names === '' ? '' : `subjectAltName=${names}\n`);
    const leaf = await issue(name, { keyPath, commonName, extensions, issuer: issuer ?? undefined, ...dates });
    const certPath = issuer === intermediate ? chained(name, leaf) : leaf;
    return { certPath, keyPath, leaf, pem: () => pem(certPath, keyPath) };
  }

  async function client(name: string, key: KeyObject, issuer = intermediate): Promise<(form: KeyForm) => Identity> {
    const keyPath = write(`${name}.key`, key.export({ type: 'pkcs8', format: 'pem' }));
    const extensions = 'basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\n';
    const leaf = await issue(name, { keyPath, commonName: name, extensions, issuer });
    const certPath = chained(name, leaf, issuer);
    return ({ type, encrypted }) => {
      const cipher = encrypted ? { cipher: 'aes-256-cbc', passphrase } : {};
      const text = key.export({ type, format: 'pem', ...cipher });
      const formPath = write(`${name}-${type}${encrypted ? '-encrypted' : ''}.key`, text);
      return { certPath, keyPath: formPath, ...(encrypted ? { keyPassword: passphrase } : {}) };
    };
  }

  const now = Date.now();
  const clients = Promise.all([
    rsa.then(({ privateKey }) => client('client-rsa', privateKey)),
    ec().then((key) => client('client-ec', key)),
    ec().then((key) => client('client-stranger', key, stranger)),
  ]);
  const [main, expired, notYetValid, wrongHost, commonNameOnly, nameOnly, addressAsName, selfSigned, strangers] =
    await Promise.all([
      server('server', serverNames),
      server('expired', serverNames, { from: now - 9 * day, until: now - day }),
      server('not-yet-valid', serverNames, { from: now + day, until: now + 9 * day }),
      server('wrong-host', 'DNS:other.test,IP:192.0.2.1'),
      server('common-name-only', '', { commonName: 'localhost' }),
      server('name-only', 'DNS:localhost'),
      server('address-as-name', 'DNS:127.0.0.1,DNS:::1'),
      server('self-signed', serverNames, { issuer: null }),
      server('strangers', serverNames, { issuer: stranger }),
    ]);
  const [rsaClient, ecClient, other] = await clients;

  mkdirSync(at('cas'));
  write('cas/stranger.pem', readFileSync(stranger.certPath));
  write('cas/root.pem', readFileSync(root.certPath));

  return {
    folder,
    root: root.certPath,
    intermediate: intermediate.certPath,
    bundle: write('bundle.pem', Buffer.concat([readFileSync(stranger.certPath), readFileSync(root.certPath)])),
    directory: at('cas'),
    strangerRoot: stranger.certPath,
    server: main,
    withoutIntermediate: { certPath: main.leaf, keyPath: main.keyPath, pem: () => pem(main.leaf, main.keyPath) },
    expired,
    notYetValid,
    wrongHost,
    commonNameOnly,
    nameOnly,
    addressAsName,
    selfSigned,
    strangers,
    client: {
      rsaPkcs1: rsaClient({ type: 'pkcs1', encrypted: false }),
      rsaPkcs8: rsaClient({ type: 'pkcs8', encrypted: false }),
      rsaPkcs1Encrypted: rsaClient({ type: 'pkcs1', encrypted: true }),
      rsaPkcs8Encrypted: rsaClient({ type: 'pkcs8', encrypted: true }),
      ecSec1: ecClient({ type: 'sec1', encrypted: false }),
      ecPkcs8: ecClient({ type: 'pkcs8', encrypted: false }),
      ecSec1Encrypted: ecClient({ type: 'sec1', encrypted: true }),
      ecPkcs8Encrypted: ecClient({ type: 'pkcs8', encrypted: true }),
      stranger: other({ type: 'pkcs8', encrypted: false }),
    },
  };
}

interface KeyForm {
  type: 'pkcs1' | 'pkcs8' | 'sec1';
  encrypted: boolean;
}

function pem(certPath: string, keyPath: string): { cert: Buffer; key: Buffer } {
  return { cert: readFileSync(certPath), key: readFileSync(keyPath) };
}

/** `YYYYMMDDHHMMSSZ`, the form that `openssl ca` takes. */
function asn1Time(time: number): string {
  return new Date(time).toISOString().replace(/[-:T]|\.\d+/g, '');
}

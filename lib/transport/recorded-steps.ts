/** The steps of the way to a server, timed, and what each of them came to, for whoever observes the connection. */
import type { Socket } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { shorten } from '../protocol/printable.js';
import type { ConnectStep, TcpFacts, TlsFacts } from '../protocol/recording/events.js';
import type { Recorder } from '../protocol/recording/recorder.js';

export class RecordedSteps {
  readonly #recorder: Pick<Recorder, 'step'>;
  readonly #now: () => number;
  /** When the step in progress began. */
  #since: number;

  /** @param now a monotonic clock in milliseconds */
  constructor(recorder: Pick<Recorder, 'step'>, now = (): number => performance.now()) {
    this.#recorder = recorder;
    this.#now = now;
    this.#since = now();
  }

  /** The first step begins: what it needs of files has been read. */
  start(): void {
    this.#since = this.#now();
  }

  /** A step is done, and the next one begins. */
  done(step: ConnectStep, socket: Socket | undefined): void {
    const now = this.#now();
    const duration = Math.round((now - this.#since) * 1000) / 1000;
    this.#since = now;
    this.#recorder.step({
      step,
      duration,
      tcp: step === 'TCP connection' && socket !== undefined ? tcpFacts(socket) : undefined,
      tls: step === 'TLS handshake' || step === 'proxy' ? tlsFacts(socket) : undefined,
    });
  }
}

function tcpFacts({ remoteAddress = '', remotePort = 0, localPort = 0 }: Socket): TcpFacts {
  return { address: remoteAddress, port: remotePort, localPort };
}

/** @returns `undefined` for a socket without TLS */
function tlsFacts(socket: Socket | undefined): TlsFacts | undefined {
  if (socket === undefined || !('getCipher' in socket)) return undefined;
  const secure = socket as TLSSocket;
  return {
    version: secure.getProtocol() ?? '',
    cipher: secure.getCipher().standardName,
    certificate: nameIn(secure.getPeerCertificate()),
    resumed: secure.isSessionReused(),
  };
}

/** The common name; else the first of the names that it is for. */
function nameIn({ subject, subjectaltname }: Partial<PeerCertificate>): string | undefined {
  const common = subject?.CN as string | string[] | undefined;
  const name = (Array.isArray(common) ? common[0] : common) ?? subjectaltname?.split(',')[0]?.replace(/^DNS:/, '');
  return name === undefined ? undefined : shorten(name, 100);
}

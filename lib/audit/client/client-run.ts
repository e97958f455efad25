/** A probe at work on a client: it connects to us, and we are its server. */
import { handshakeAccept } from '../../protocol/handshake/client.js';
import { type Field, listElements } from '../../protocol/http/field.js';
import type { Head } from '../../protocol/http/head.js';
import { quote, shorten } from '../../protocol/printable.js';
import type { Finding, Level } from '../probe.js';
import {
  type Aftermath,
  describeClose,
  type Mutation,
  NotObservable,
  type Probe,
  ProbeRun,
  type RequestHead,
} from '../probe-run.js';
import { broken, pass, probe, type QuestionDraft, warning } from '../probes/probe-shapes.js';
import type { OutgoingFrame, Peer, RawConnection } from '../raw-connection.js';

/** What a client sent first. */
export type ClientHello =
  | { readonly kind: 'request'; readonly connection: RawConnection; readonly head: Head }
  | { readonly kind: 'none'; readonly got: string };

export class ClientRun extends ProbeRun {
  override readonly peer: Peer = 'client';
  /** The request of the last client. */
  head: Head | undefined;

  /** The next client's request. */
  async hello(): Promise<ClientHello> {
    const connection = await this.connect();
    const received = await connection.next(this.deadline);
    if (received.kind === 'request') {
      const { startLine } = received.head;
      if (!/^\S+ \S+ HTTP\/\d\.\d$/.test(startLine))
        return { kind: 'none', got: `not a request line: ${quote(shorten(startLine, 60))}` };
      this.head = received.head;
      return { kind: 'request', connection, head: received.head };
    }
    if (received.kind === 'malformed') return { kind: 'none', got: received.message };
    return { kind: 'none', got: received.kind === 'end' ? `no request, ${received.how}` : 'no request in time' };
  }

  /** The next client's request, of a client that is known to send one. */
  async greet(): Promise<{ connection: RawConnection; head: Head }> {
    const hello = await this.hello();
    if (hello.kind === 'none') throw new NotObservable(hello.got);
    return hello;
  }

  /** A connection on which frames can be sent. */
  override async open(mutate: Mutation = (response) => response): Promise<RawConnection> {
    const { connection, head } = await this.greet();
    const { line, fields } = mutate(correctResponse(head));
    await connection.sendHead(line, fields);
    return connection;
  }

  /** A client waits for its server to close TCP (RFC 6455 §7.1.1): once it has sent its Close frame, that is done. */
  override async watch(
    connection: RawConnection,
    frames: readonly OutgoingFrame[],
    options: { ping?: boolean; closing?: boolean } = {},
  ): Promise<Aftermath> {
    const aftermath = await super.watch(connection, frames, options);
    const { close, end, excess } = aftermath;
    if (close === undefined || end !== undefined || excess !== undefined) return aftermath;
    connection.destroy();
    return { ...aftermath, end: 'TCP closed by the probe' };
  }
}

/** The response that opens the connection: no extension, and the first of the subprotocols that the client offers. */
export function correctResponse(head: Head): RequestHead {
  const [subprotocol] = head.values('sec-websocket-protocol').flatMap(listElements);
  const fields: Field[] = [
    ['Upgrade', 'websocket'],
    ['Connection', 'Upgrade'],
    ['Sec-WebSocket-Accept', handshakeAccept(head.values('sec-websocket-key')[0] ?? '')],
  ];
  if (subprotocol !== undefined) fields.push(['Sec-WebSocket-Protocol', subprotocol]);
  return { line: 'HTTP/1.1 101 Switching Protocols', fields };
}

export function clientProbe(
  question: QuestionDraft,
  expects: string,
  ask: (run: ClientRun) => Promise<Finding>,
): Probe {
  return probe(question, expects, (run) => ask(run as ClientRun));
}

/** Something about the request of a client: `judge` says what is wrong. */
export function requests(
  question: Omit<QuestionDraft, 'sends'>,
  expects: string,
  judge: (head: Head, run: ClientRun) => string | undefined,
): Probe {
  return clientProbe({ ...question, sends: 'nothing: this is about the request' }, expects, async (run) => {
    const { head } = await run.greet();
    const problem = judge(head, run);
    return problem === undefined ? pass('as expected') : broken(question.level, problem);
  });
}

/** A response that a client has to take, seen by its pong; `pieces`: its bytes in writes of this size. */
export function takesResponse(question: QuestionDraft, mutate: Mutation, pieces?: number): Probe {
  return clientProbe(question, 'the connection open (seen by a pong)', async (run) => {
    const { connection, head } = await run.greet();
    const response = mutate(correctResponse(head));
    if (pieces === undefined) await connection.sendHead(response.line, response.fields);
    else await connection.sendPieces(response, pieces, 1);
    const { carriedOn, end } = await run.watch(connection, []);
    return carriedOn ? pass('the ping was answered') : broken(question.level, end ?? 'the ping was not answered');
  });
}

export function judgeRefusal({ carriedOn, close, end }: Aftermath, level: Level): Finding {
  if (carriedOn) return broken(level, 'the client carried on: it answered the ping that followed');
  if (close !== undefined) return broken(level, 'the client took it: it sent a Close frame');
  return end === undefined ? warning('the client sent nothing, but left TCP open') : pass(end);
}

/** A response that a client has to refuse: no frame may come, and TCP ends. A text says why this client cannot be asked. */
export function refusesResponse(question: QuestionDraft, change: (head: Head) => Mutation | string): Probe {
  const expects = 'the end of TCP, without a frame';
  return clientProbe({ ...question, sends: `${question.sends}, then a ping` }, expects, async (run) => {
    const { connection, head } = await run.greet();
    const mutate = change(head);
    if (typeof mutate === 'string') throw new NotObservable(mutate);
    const { line, fields } = mutate(correctResponse(head));
    await connection.sendHead(line, fields);
    return judgeRefusal(await run.watch(connection, []), question.level);
  });
}

/** Frames that a client has to take: it answers the ping behind them. */
export function takesFrames(
  question: QuestionDraft,
  frames: () => readonly OutgoingFrame[],
  answer: (head: Head) => Mutation | string = () => (response) => response,
): Probe {
  return clientProbe({ ...question, sends: `${question.sends}, then a ping` }, 'a pong', async (run) => {
    const { connection, head } = await run.greet();
    const mutate = answer(head);
    if (typeof mutate === 'string') throw new NotObservable(mutate);
    const { line, fields } = mutate(correctResponse(head));
    await connection.sendHead(line, fields);
    const { carriedOn, close, end } = await run.watch(connection, frames());
    if (carriedOn) return pass('the ping was answered');
    return broken(question.level, close === undefined ? (end ?? 'the ping was not answered') : describeClose(close));
  });
}

/** What is found out before the first probe: whether a correct client gets a connection, and what becomes of messages. */
import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { isControlOpcode, Opcode } from '../protocol/framing/opcode.js';
import { printable, shorten } from '../protocol/printable.js';
import type { Pace } from './pace.js';
import type { Capabilities, Handling } from './probe.js';
import { NotObservable, ProbeRun, type RunOptions } from './probe-run.js';
import type { RawConnection } from './raw-connection.js';
import { describeStatus } from './refusal.js';

/** There is nothing to audit: no connection, or a correct opening handshake is refused. */
export class AuditError extends Error {}

/** How often it is tried: a connection can be lost by chance. */
const attempts = 3;

/**
 * @param pace of one probe at a time
 * @throws {AuditError}
 */
export async function explore(options: RunOptions, pace: Pace): Promise<Capabilities> {
  let isLimited = false;
  for (let lost = 0; ; ) {
    const run = new ProbeRun(options);
    try {
      return await look(run, options, isLimited ? pace : undefined);
    } catch (error) {
      if (!(error instanceof NotObservable)) throw error;
      // Lost by chance, or turned away without a word: one at a time shows which.
      isLimited = true;
      const isOver = error.refusal === undefined ? ++lost === attempts : !(await pace.makeRoom(error.refusal));
      if (isOver) throw new AuditError(run.log.blot(error.message));
    } finally {
      run.end();
    }
  }
}

/** @param pace for a server that takes few clients: it gets one at a time */
async function look(run: ProbeRun, options: RunOptions, pace: Pace | undefined): Promise<Capabilities> {
  await pace?.ready();
  const { connection, outcome } = await run.handshake();
  if (outcome.kind === 'end') throw new NotObservable(`no opening handshake: ${outcome.got}`);
  if (outcome.kind !== 'response') throw new AuditError(`no opening handshake: ${outcome.got}`);
  const { status, head } = outcome;
  if (status.status !== 101)
    throw new AuditError(`a correct opening handshake was answered with ${describeStatus(status)}, expected 101`);
  const content = Buffer.from(`ohos-websocket audit ${randomBytes(4).toString('hex')}`);
  const [field] = head.values('server');
  const server = field === undefined ? undefined : printable(run.log.blot(shorten(field, 60)));
  if (pace !== undefined) {
    const { talks } = await hears(run, connection, content);
    connection.destroy();
    await pace.ready();
    const text = await handling(options, 'text', content);
    await pace.ready();
    return { text, binary: await handling(options, 'binary', content), ...talks, server };
  }
  const handled = await Promise.all([handling(options, 'text', content), handling(options, 'binary', content)]);
  // A server that tells everybody what one client says is no echo: its probes would hear each other.
  const { broadcasts, talks } = await hears(run, connection, content);
  const [text, binary] = handled.map((one) => (one === 'echo' && broadcasts ? 'accepted' : one)) as [
    Handling,
    Handling,
  ];
  return { text, binary, ...talks, server };
}

/** Whether the content of other connections has come to this one, and whether anything else has. */
async function hears(
  run: ProbeRun,
  listener: RawConnection,
  content: Buffer,
): Promise<{ broadcasts: boolean; talks: { talks?: true } }> {
  await listener.sendFrames({ opcode: Opcode.ping, payload: 'anything?' });
  let talks = {};
  const heard = await run.await(listener, ({ opcode, payload }) => {
    if (opcode === Opcode.pong || payload.equals(content)) return true;
    if (!isControlOpcode(opcode)) talks = { talks: true };
    return false;
  });
  return { broadcasts: typeof heard !== 'string' && heard.opcode !== Opcode.pong, talks };
}

async function handling(options: RunOptions, kind: 'text' | 'binary', content: Buffer): Promise<Handling> {
  const { times } = options;
  const run = new ProbeRun({ ...options, times: { ...times, grace: Math.max(times.grace, 2000) } });
  try {
    const connection = await run.open();
    const echo = run.awaitMessage(connection, Opcode[kind], content);
    await connection.sendFrames({ opcode: Opcode[kind], payload: content });
    const timer = setTimeout(
      () => void connection.sendFrames({ opcode: Opcode.close, payload: Buffer.from([0x03, 0xe8]) }),
      run.times.grace,
    );
    const result = await echo;
    clearTimeout(timer);
    if (result === 'came') return 'echo';
    // Our own Close frame ends the wait: a server that answers it had taken the message.
    return run.elapsed >= run.times.grace ? 'accepted' : 'closed';
  } finally {
    run.end();
  }
}

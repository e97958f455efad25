import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Har } from '../../lib/trace/har.js';
import { replay } from '../../lib/trace/replay.js';
import { readTranscript } from '../../lib/trace/transcript-reader.js';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ohos-websocket-'));
});
after(() => rmSync(folder, { recursive: true }));

/** A program that knows nothing of traces: an echo, with a credential, and an end of its own. */
function program(end: string): string {
  return `
    import { startEchoServer } from 'ohos-websocket-lib/echo/echo-server.js';
    import { createWebSocket } from 'ohos-websocket-lib/api/websocket.js';
    const server = await startEchoServer();
    const socket = createWebSocket();
    await socket.connect(server.url, { header: { Cookie: 'id=swordfish' } });
    const echoed = new Promise((resolve) => socket.on('message', (_, message) => resolve(message)));
    await socket.send('hello');
    await echoed;
    ${end}
  `.replaceAll('ohos-websocket-lib/', new URL('../../lib/', import.meta.url).href);
}

const goodEnd = 'await socket.close(); await server.close();';
const entry = new URL('../../lib/trace/trace.js', import.meta.url).href;

interface Run {
  readonly status: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function run(source: string, environment: Record<string, string>, ...args: string[]): Promise<Run> {
  const { OHOS_WEBSOCKET_TRACE: _, ...env } = { ...process.env, ...environment };
  const options = { cwd: folder, env: { ...env, ...environment } };
  return new Promise((resolve) => {
    const all = ['--import', entry, ...args, '--input-type=module', '--eval', source];
    execFile(process.execPath, all, options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : (error.signal ?? error.code), stdout, stderr });
    });
  });
}

describe('node --import ohos-websocket/trace', () => {
  it('is what package.json says it is', () => {
    const file = new URL('../../../package.json', import.meta.url);
    const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports: Record<string, { default: string }> };
    assert.equal(new URL(exports['./trace']!.default, file).href, entry);
    assert.ok(exports['./replay']);
  });

  it('prints lines on stderr and leaves stdout to the program', async () => {
    const { status, stdout, stderr } = await run(program(`console.log('mine'); ${goodEnd}`), {});
    assert.equal(status, 0);
    assert.equal(stdout, 'mine\n');
    assert.match(stderr, /^#1 \+0\.000 {3}connecting to ws:\/\/127\.0\.0\.1:\d+\/\n/);
    assert.match(stderr, /\n#1 \+\d+\.\d{3} > TEXT "hello" \[5 bytes\]\n/);
    assert.match(stderr, /\n#1 \+\d+\.\d{3} < TEXT "hello" \[5 bytes\]\n/);
    assert.match(stderr, /\n#1 \+\d+\.\d{3} {3}closed 1000 \(normal closure\) "[^"]*"\n$/);
    assert.doesNotMatch(stderr, /swordfish|\x1b/);
  });

  it('tells of a first attempt that was given up at once', async () => {
    const source = program(goodEnd).replace(/await socket\.connect[^;]*;[^]*$/, (rest) => {
      const connect = rest.slice('await '.length, rest.indexOf(';'));
      return `const given = ${connect}; socket.close(); await given.catch(() => {}); await server.close();`;
    });
    const { stderr } = await run(source, {});
    assert.match(
      stderr,
      /^#1 \+0\.000 {3}connecting to .*\n#1 .* ! close was called before .*\n#1 .* {3}not connected\n$/,
    );
  });

  it('shows credentials when OHOS_WEBSOCKET_TRACE_SECRETS=1', async () => {
    const { stderr } = await run(program(goodEnd), { OHOS_WEBSOCKET_TRACE_SECRETS: '1' });
    assert.match(stderr, /> {3}Cookie: id=swordfish\n/);
  });

  it('writes a transcript that replays', async () => {
    const { status, stderr } = await run(program(goodEnd), { OHOS_WEBSOCKET_TRACE: 'good.jsonl' });
    assert.deepEqual([status, stderr], [0, '']);
    const transcript = readTranscript(path.join(folder, 'good.jsonl'));
    assert.equal(transcript.entries.at(-1)!.event.type, 'close');
    assert.equal(replay(transcript).difference, undefined);
  });

  for (const [how, end] of [
    ['an uncaught exception', `throw new Error('crash');`],
    ['process.exit', 'process.exit(3);'],
    ['SIGKILL', `process.kill(process.pid, 'SIGKILL'); await new Promise(() => {});`],
  ] as const) {
    it(`has everything in the file when the program ends by ${how}`, {
      skip: process.platform === 'win32',
    }, async () => {
      const { status } = await run(program(end), { OHOS_WEBSOCKET_TRACE: 'crash.jsonl' });
      assert.notEqual(status, 0);
      const transcript = readTranscript(path.join(folder, 'crash.jsonl'));
      assert.equal(transcript.cut, undefined);
      assert.deepEqual(messages(transcript.entries.map(({ event }) => event)), ['sent hello', 'received hello']);
      assert.equal(replay(transcript).difference, undefined);

      await run(program(end), { OHOS_WEBSOCKET_TRACE: 'crash.har' });
      const har = JSON.parse(readFileSync(path.join(folder, 'crash.har'), 'utf8')) as Har;
      assert.deepEqual(
        har.log.entries[0]!._webSocketMessages.map(({ type, data }) => `${type} ${data}`),
        ['send hello', 'receive hello'],
      );
    });
  }

  it('puts the process id into the name of the file', async () => {
    const { stdout } = await run(program(`console.log(process.pid); ${goodEnd}`), {
      OHOS_WEBSOCKET_TRACE: 'p-%p.jsonl',
    });
    assert.ok(readdirSync(folder).includes(`p-${stdout.trim()}.jsonl`));
  });

  it('cuts the file at OHOS_WEBSOCKET_TRACE_LIMIT bytes', async () => {
    await run(program(goodEnd), { OHOS_WEBSOCKET_TRACE: 'cut.jsonl', OHOS_WEBSOCKET_TRACE_LIMIT: '1000' });
    assert.equal(readTranscript(path.join(folder, 'cut.jsonl')).cut, 'size');
  });

  it('warns in one sentence when the file cannot be written, and lets the program go on', async () => {
    for (const name of ['missing/trace.jsonl', 'missing/trace.har']) {
      const { status, stdout, stderr } = await run(program(`console.log('done'); ${goodEnd}`), {
        OHOS_WEBSOCKET_TRACE: name,
      });
      assert.deepEqual([status, stdout], [0, 'done\n']);
      assert.match(
        stderr,
        /^\(node:\d+\) OhosWebSocketTrace: Nothing is traced: cannot write the trace to "missing\/trace\.\w+": there is no folder "missing"\n/,
      );
      assert.equal(stderr.match(/OhosWebSocketTrace/g)!.length, 1);
    }
  });

  it('says in one sentence what a variable should be, and lets the program go on', async () => {
    for (const [environment, sentence] of [
      [{ OHOS_WEBSOCKET_TRACE: 'trace.xml' }, 'cannot write the trace to "trace.xml": expected a name that ends in '],
      [{ OHOS_WEBSOCKET_TRACE: '1' }, 'cannot write the trace to "1": expected a name that ends in '],
      [
        { OHOS_WEBSOCKET_TRACE_LIMIT: '1MB' },
        'OHOS_WEBSOCKET_TRACE_LIMIT must be a number of bytes, at least 1, got "1MB"',
      ],
    ] as const) {
      const { status, stdout, stderr } = await run(program(`console.log('done'); ${goodEnd}`), { ...environment });
      assert.deepEqual([status, stdout], [0, 'done\n']);
      assert.ok(stderr.includes(`OhosWebSocketTrace: Nothing is traced: ${sentence}`), stderr);
      assert.ok(stderr.trimEnd().split('\n').length <= 2, stderr);
    }
  });

  it('has the time of day in the lines when OHOS_WEBSOCKET_TRACE_CLOCK=1', async () => {
    const { stderr } = await run(program(goodEnd), { OHOS_WEBSOCKET_TRACE_CLOCK: '1' });
    for (const line of stderr.trimEnd().split('\n'))
      assert.match(line, /^#1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [ <>!] /);
  });

  it('warns and lets the program go on when the file cannot be written any more', {
    skip: process.platform !== 'linux',
  }, async () => {
    // The first line fits into the limit on the size of files, the rest does not.
    const source = program(`console.log('done'); ${goodEnd}`);
    const command = `ulimit -f 1; trap '' XFSZ; exec "$0" --import "$1" --input-type=module --eval "$2"`;
    const { stdout, stderr } = await new Promise<Run>((resolve) => {
      const env = { ...process.env, OHOS_WEBSOCKET_TRACE: 'full.jsonl' };
      execFile('bash', ['-c', command, process.execPath, entry, source], { cwd: folder, env }, (error, out, err) =>
        resolve({ status: error?.code, stdout: out, stderr: err }),
      );
    });
    assert.equal(stdout, 'done\n');
    assert.match(stderr, /OhosWebSocketTrace: The trace ended: EFBIG/);
  });

  it('gives a worker thread a file of its own', async () => {
    const thread = `
      import { Worker } from 'node:worker_threads';
      import { once } from 'node:events';
      ${program(goodEnd)}
      const worker = new Worker(new URL(${JSON.stringify(workerUrl())}));
      await once(worker, 'exit');
    `;
    await run(thread, { OHOS_WEBSOCKET_TRACE: 'threads.jsonl' });
    const names = readdirSync(folder).filter((name) => name.startsWith('threads'));
    assert.deepEqual(names.sort(), ['threads-thread-1.jsonl', 'threads.jsonl']);
    for (const name of names) {
      const { entries } = readTranscript(path.join(folder, name));
      assert.deepEqual(messages(entries.map(({ event }) => event)), ['sent hello', 'received hello'], name);
    }
  });
});

function workerUrl(): string {
  return `data:text/javascript,${encodeURIComponent(program(goodEnd))}`;
}

function messages(events: readonly { type: string }[]): string[] {
  return events
    .filter((event): event is { type: 'message'; direction: string; data: string } => event.type === 'message')
    .map(({ direction, data }) => `${direction} ${data}`);
}

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Opcode } from '../lib/protocol/framing/opcode.js';
import { runSuite, summarize } from './autobahn.js';
import { temporaryFolder } from './packed/package.js';
import { acceptance, closeFrame, frame, type Link, text } from './peer/link.js';
import { type Peer, type Scope, startPeer } from './peer/scripted.js';

/** Verdicts of the cases, from the first on. */
async function fuzzingServer(scope: Scope, verdicts: readonly string[], log: string[]): Promise<Peer> {
  const tell = async (link: Link, ...messages: string[]): Promise<void> => {
    for (const message of messages) link.write(text(message));
    link.write(closeFrame(1000));
    await link.frameOf(Opcode.close);
    link.end();
  };
  return startPeer(scope, async (link) => {
    const request = await link.request();
    const { pathname, searchParams } = new URL(/^GET (\S+)/.exec(request.startLine)![1]!, 'ws://x');
    const number = Number(searchParams.get('case'));
    log.push(`${pathname} ${number} ${searchParams.get('agent')}`);
    if (pathname === '/runCase' && verdicts[number - 1] === 'refused') return link.end('HTTP/1.1 500 x\r\n\r\n');
    link.write(acceptance(request));
    if (pathname === '/getCaseCount') return tell(link, String(verdicts.length));
    if (pathname === '/getCaseInfo') return tell(link, JSON.stringify({ id: `1.1.${number}`, description: 'x' }));
    if (pathname === '/getCaseStatus') return tell(link, JSON.stringify({ behavior: verdicts[number - 1] }));
    if (pathname === '/updateReports') return tell(link);
    link.write(frame(Opcode.binary, 'echo me'));
    const { opcode, payload } = (await link.frame())!;
    log.push(`echo ${opcode} ${payload.toString()}`);
    if (number === 2) return link.reset(); // a case may end in any way
    await tell(link);
  });
}

describe('the Autobahn testee', () => {
  it('counts the cases, echoes in each, asks for the verdicts, and has the report written', async (t) => {
    const log: string[] = [];
    const { url } = await fuzzingServer(t, ['OK', 'INFORMATIONAL', 'OK'], log);
    const lines: string[] = [];
    const verdicts = await runSuite({ url, agent: 'me', print: (line) => lines.push(line) });
    assert.deepEqual(
      [...verdicts],
      [
        ['OK', 2],
        ['INFORMATIONAL', 1],
      ],
    );
    assert.deepEqual(log, [
      '/getCaseCount 0 me',
      ...[1, 2, 3].flatMap((number) => [
        `/getCaseInfo ${number} me`,
        `/runCase ${number} me`,
        'echo 2 echo me',
        `/getCaseStatus ${number} me`,
      ]),
      '/updateReports 0 me',
    ]);
    assert.equal(
      summarize(verdicts, (line) => lines.push(line)),
      0,
    );
    assert.deepEqual(lines, [`3 cases at ${url}`, '    2 OK', '    1 INFORMATIONAL', 'all 3 cases are good']);
  });

  it('names the cases that are not good, and goes on after one that does not even connect', async (t) => {
    const { url } = await fuzzingServer(t, ['refused', 'FAILED', 'OK'], []);
    const lines: string[] = [];
    const verdicts = await runSuite({ url, agent: 'me', print: (line) => lines.push(line) });
    assert.match(lines[1]!, /^case 1\.1\.1: .*500/);
    assert.deepEqual(lines.slice(2), ['case 1.1.1: refused', 'case 1.1.2: FAILED']);
    assert.equal(
      summarize(verdicts, (line) => lines.push(line)),
      1,
    );
    assert.equal(lines.at(-1), '2 of 3 cases are not good');
  });

  it('judges the closing too, from the report that the server has written', async (t) => {
    const { url } = await fuzzingServer(t, ['OK', 'OK'], []);
    const report = temporaryFolder('autobahn');
    const closing = (behaviorClose: string) => ({ behavior: 'OK', behaviorClose });
    writeFileSync(
      join(report, 'index.json'),
      JSON.stringify({ me: { '1.1.1': closing('OK'), '1.1.2': closing('UNCLEAN'), '9.9.9': closing('FAILED') } }),
    );
    const lines: string[] = [];
    const progress: string[] = [];
    const verdicts = await runSuite({
      url,
      agent: 'me',
      report,
      print: (line) => lines.push(line),
      progress: (line) => progress.push(line),
    });
    assert.deepEqual(progress, ['case 1.1.1, 1 of 2', 'case 1.1.2, 2 of 2']);
    assert.deepEqual(lines.slice(1), ['case 1.1.2: closing UNCLEAN']);
    assert.equal(
      summarize(verdicts, (line) => lines.push(line)),
      1,
    );
    assert.deepEqual(lines.slice(2), [
      '    2 OK',
      'all 2 cases are good',
      '    1 closing OK',
      '    1 closing UNCLEAN',
      '1 of 2 closings are not good',
    ]);
  });

  it('plays only the cases that it is given', async (t) => {
    const log: string[] = [];
    const { url } = await fuzzingServer(t, ['OK', 'OK', 'OK'], log);
    await runSuite({ url, agent: 'me', cases: [3], print: () => {} });
    assert.deepEqual(
      log.filter((line) => line.startsWith('/runCase')),
      ['/runCase 3 me'],
    );
  });
});

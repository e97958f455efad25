/** Runs the document's code blocks as TypeScript without a compiler, on Nodes that strip types. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';
import { consumer, root } from '../packed/package.js';
import { isNode, runNode } from '../packed/run-node.js';

const markdown = readFileSync(join(root, 'spec/api/document/examples.md'), 'utf8');
const blocks = [...markdown.matchAll(/^## (.*)\n\n```ts\n([^]*?)```$/gm)].map(([, title, source]) => ({
  title,
  source: source!,
}));

describe('the document’s code blocks, run as TypeScript', {
  skip: isNode(22, 18) ? false : 'this Node does not strip types',
}, () => {
  let folder: string;
  let server: EchoServer;

  before(async () => {
    server = await startEchoServer();
    folder = await consumer({ 'package.json': '{ "type": "module" }' });
  });
  after(() => server.close());

  async function run(source: string): Promise<string> {
    writeFileSync(join(folder, 'app.ts'), source);
    const args = ['--disable-warning=ExperimentalWarning', '--import', 'ohos-websocket/register', 'app.ts'];
    const { status, stdout, stderr } = await runNode(folder, args);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    return stdout;
  }

  for (const { title, source } of blocks) {
    it(`${title}: as it stands, it fails where its URL has no host, and only there`, async () => {
      // One block relies on the import that another one shows.
      const imports = source.includes('import ') ? '' : `import { webSocket } from '@kit.NetworkKit';\n`;
      const lines = (await run(imports + source)).split('\n').filter((line) => line !== '');
      const codes = lines.map((line) => (JSON.parse(/\{.*/.exec(line)![0]) as { code: number }).code);
      const expected = [/\.connect\(/.test(source) ? 2302001 : [], /\.close\(/.test(source) ? 2302999 : []].flat();
      assert.deepEqual(codes, expected);
    });
  }

  it('the full example, with the blanks filled in, opens, sends, receives and closes', async () => {
    const { source } = blocks.find(({ title }) => title === 'Examples')!;
    const served = source
      .replaceAll('"ws://"', JSON.stringify(server.url))
      .replace('exclusionList: []', "exclusionList: ['127.0.0.1']");
    assert.deepEqual((await run(served)).split('\n'), [
      'connect success',
      'send success',
      'on message, message:Hello, server!',
      'on close, code is 1000, reason is CLOSE_NORMAL',
      'close success',
      '',
    ]);
  });
});

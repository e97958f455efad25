/** Compiles and runs the user's document: its code blocks as they stand, with the platform's module names. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type EchoServer, startEchoServer } from '../../lib/echo/echo-server.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const register = new URL('../../lib/kit/register.js', import.meta.url).href;

interface Example {
  /** The heading or signature that the block stands under. */
  readonly title: string;
  readonly source: string;
}

const markdown = readFileSync(join(root, 'spec/api/document/examples.md'), 'utf8');
const examples = [...markdown.matchAll(/^## (.*)\n\n```ts\n([^]*?)```$/gm)].map(([, title, source]): Example => {
  // One block relies on the import that another one shows.
  const complete = source!.includes('import ') ? source! : `import { webSocket } from '@kit.NetworkKit';\n${source}`;
  return { title: title!, source: complete };
});
const example = (title: string): Example => examples.find((one) => one.title.startsWith(title))!;

/** The compiler's settings: ours, less what is about style. Examples have parameters that they do not use. */
function settings(): object {
  const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  const kit = (name: string): string[] => [join(root, 'dist/lib/kit', `${name}.d.ts`)];
  return {
    ...compilerOptions,
    rootDir: '.',
    outDir: 'out',
    declaration: false,
    sourceMap: false,
    incremental: false,
    tsBuildInfoFile: undefined,
    noUnusedLocals: false,
    noUnusedParameters: false,
    typeRoots: [join(root, 'node_modules/@types')],
    paths: { '@kit.NetworkKit': kit('network-kit'), '@kit.BasicServicesKit': kit('basic-services-kit') },
  };
}

describe('the document’s examples', { skip: existsSync(compiler) ? false : 'needs the TypeScript compiler' }, () => {
  let folder = '';
  let server: EchoServer;

  before(async () => {
    server = await startEchoServer();
    folder = mkdtempSync(join(tmpdir(), 'ohos-websocket-document-'));
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: settings(), include: ['*.ts'] }));
    examples.forEach(({ source }, index) => {
      writeFileSync(join(folder, `example-${index}.ts`), source);
      writeFileSync(join(folder, `served-${index}.ts`), serve(source));
    });
    // An example that does not compile fails here, with the compiler's own message.
    await run(process.execPath, [compiler, '-p', folder]).catch((error: Error & { stdout: string }) => {
      throw new Error(`the examples do not compile:\n${error.stdout}`, { cause: error });
    });
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.close();
  });

  /** The blanks of the document filled in: a server for "ws://", and no proxy that is not there. */
  function serve(source: string): string {
    return source
      .replaceAll('"ws://"', JSON.stringify(server.url))
      .replace('exclusionList: []', "exclusionList: ['127.0.0.1']");
  }

  /** Runs a program until it ends by itself, or shows these lines and is ended. */
  async function output(file: 'example' | 'served', one: Example, lines?: number): Promise<string[]> {
    const program = join(folder, 'out', `${file}-${examples.indexOf(one)}.js`);
    const child = execFile(process.execPath, ['--import', register, program]);
    let all = '';
    let errors = '';
    child.stderr!.on('data', (text: string) => (errors += text));
    child.stdout!.on('data', (text: string) => {
      all += text;
      if (lines !== undefined && all.split('\n').length > lines) child.kill();
    });
    const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
    if (lines === undefined) assert.deepEqual([status, errors], [0, '']);
    return all.trimEnd().split('\n');
  }

  const urlError = (what: string): string =>
    `${what}{"code":2302001,"message":"Websocket url error. Expected ` +
    '\\"ws://host[:port]/path\\" or \\"wss://host[:port]/path\\" with a host in it."}';
  const noConnection = (what: string): string =>
    `${what}{"code":2302999,"message":"Websocket other unknown error. ` +
    'There is no connection to close; call connect first."}';

  it('are all there', () => assert.equal(examples.length, 11));

  it('as they stand, with a URL that has no host, say so through their callbacks', async () => {
    assert.deepEqual(await output('example', example('Examples')), [
      urlError('connect fail, err:'),
      noConnection('close fail, err is '),
    ]);
    for (const title of [
      'connect(url: string, callback',
      'connect(url: string, options: ',
      'send(data: string | ArrayBuffer, callback',
    ]) {
      assert.deepEqual(await output('example', example(title)), [urlError('connect fail, err:')]);
    }
    assert.deepEqual(await output('example', example('connect(url: string, options?')), [
      urlError('connect fail, error:'),
    ]);
  });

  it('of close and createWebSocket run as they stand', async () => {
    assert.deepEqual(await output('example', example('createWebSocket')), ['']);
    for (const title of ['close(callback', 'close(options: ', 'close(options?']) {
      assert.deepEqual(await output('example', example(title)), [noConnection('close fail, err is ')]);
    }
  });

  it('the full one, with a server: opens, sends, receives, closes', async () => {
    assert.deepEqual(await output('served', example('Examples')), [
      'connect success',
      'send success',
      'on message, message:Hello, server!',
      'on close, code is 1000, reason is CLOSE_NORMAL',
      'close success',
    ]);
  });

  it('those of connect and send, with a server: succeed', async () => {
    for (const title of [
      'connect(url: string, callback',
      'connect(url: string, options: ',
      'connect(url: string, options?',
    ]) {
      assert.deepEqual(await output('served', example(title), 1), ['connect success']);
    }
    for (const title of ['send(data: string | ArrayBuffer, callback', 'send(data: string | ArrayBuffer): ']) {
      assert.deepEqual(await output('served', example(title), 3), [
        'connect success',
        'on open, status:101, message:Switching Protocols',
        'send success',
      ]);
    }
  });
});

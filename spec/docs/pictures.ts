/** The pictures of README: what a trace and an audit print, by running them. `make pictures` writes `lib/pictures`. */
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { startFaultyServer } from '../audit/faulty-server.js';
import { consumer, root } from '../packed/package.js';
import { firstProgram } from './pages.js';
import { terminalPicture } from './terminal-picture.js';

interface Printed {
  readonly title: string;
  readonly lines: readonly string[];
}

/** What a program prints, whatever its status; in the words of a page, which has its server on port 8080. */
function printed(folder: string, args: readonly string[], url: string): Promise<string[]> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], HOME: folder };
    execFile(process.execPath, [...args], { cwd: folder, env }, (_error, stdout, stderr) => {
      const port = new URL(url).port;
      resolve(
        `${stdout}${stderr}`
          .replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8080')
          .replaceAll(`port ${port}`, 'port 8080')
          .trimEnd()
          .split('\n'),
      );
    });
  });
}

/** The first program of README, traced. */
async function tracePicture(): Promise<Printed> {
  const server = await startEchoServer({});
  try {
    const url = new URL(server.url);
    const folder = await consumer({ 'app.mjs': firstProgram().code.replace('127.0.0.1:8080', url.host) });
    const lines = await printed(folder, ['--import', 'ohos-websocket/trace', 'app.mjs'], server.url);
    const title = 'Every frame of a program: its opening handshake, messages and closing handshake, with times';
    return { title, lines: ['$ node --import ohos-websocket/trace app.mjs', ...lines] };
  } finally {
    await server.close();
  }
}

const chosen = 'frame-mask,frame-unmasked';

/** An audit of a server that takes unmasked frames. */
async function auditPicture(): Promise<Printed> {
  const server = await startFaultyServer({ overlooks: ({ masked, opcode }) => !masked && opcode === 1 });
  try {
    const main = join(root, 'dist/lib/cli/main.js');
    const lines = await printed(root, [main, 'audit', server.url, '--only', chosen], server.url);
    const title = 'An audit: the rule that the server broke, its section, and the frames that prove it';
    return { title, lines: [`$ npx ohos-websocket audit ws://127.0.0.1:8080/ --only ${chosen}`, ...lines] };
  } finally {
    await server.close();
  }
}

/** By the names of their files. */
export const pictures: Readonly<Record<string, () => Promise<Printed>>> = { trace: tracePicture, audit: auditPicture };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, make] of Object.entries(pictures)) {
    const { title, lines } = await make();
    writeFileSync(join(root, `lib/pictures/${name}.svg`), terminalPicture(title, lines));
  }
}

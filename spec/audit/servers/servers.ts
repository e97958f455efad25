/** The servers that are audited for the table in `lib/audit/README.md`: what each is, and how it is started. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

/** Where `install` puts what is not Debian's. */
export const folder = process.env['AUDIT_SERVERS'] ?? '/tmp/ohos-websocket-servers';

export interface AuditedServer {
  /** The name of its file of verdicts. */
  readonly id: string;
  /** As the table has it, without the version. */
  readonly name: string;
  /** Of what answers; nothing when it is not installed. */
  version(): string | undefined;
  /** What is built once in the folder, from files beside this one. */
  readonly build?: readonly (readonly string[])[];
  command(port: number, backend: number): readonly string[];
  /** npm `ws` listens behind it. */
  readonly isInFront?: true;
  readonly environment?: Readonly<Record<string, string>>;
}

const jars = (...starts: string[]): string => {
  const all = existsSync('/usr/share/java') ? readdirSync('/usr/share/java') : [];
  const wanted = all.filter((name) => name.endsWith('.jar') && starts.some((start) => name.startsWith(start)));
  return ['.', ...wanted.map((name) => `/usr/share/java/${name}`)].join(':');
};

const npm = (name: string) => (): string | undefined => {
  const file = join(folder, 'node_modules', name, 'package.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version : undefined;
};

const debian = (name: string) => (): string | undefined => {
  try {
    const status = execFileSync('dpkg-query', ['--status', name], { encoding: 'utf8', stdio: 'pipe' });
    return /^Version: (?:\d+:)?([\w.]+)/m.exec(status)?.[1];
  } catch {
    return undefined;
  }
};

const pypi = (name: string) => (): string | undefined => {
  const all = existsSync(join(folder, 'py')) ? readdirSync(join(folder, 'py')) : [];
  return all.map((file) => new RegExp(`^${name}-(.+)\\.dist-info$`).exec(file)?.[1]).find(Boolean);
};

const node = (name: string): AuditedServer => ({
  id: name,
  name: `npm \`${name}\``,
  version: npm(name),
  command: (port) => [process.execPath, `${name}.mjs`, `${port}`],
});

const python = (id: string, name: string, file: string, packageName: string, ...more: string[]): AuditedServer => ({
  id,
  name,
  version: debian(packageName),
  command: (port) => ['/usr/bin/python3', file, `${port}`, ...more],
});

const jetty = jars('jetty9-', 'servlet-api');
const tomcat = jars('tomcat10-');
const netty = jars('netty-');
const java = (id: string, name: string, className: string, packageName: string, path: string): AuditedServer => ({
  id,
  name,
  version: debian(packageName),
  build: [['javac', '-nowarn', '-cp', path, '-d', '.', `${className}.java`]],
  command: (port) => ['java', '-cp', path, className, `${port}`],
});

const go = (id: string, name: string, packageName: string): AuditedServer => ({
  id,
  name,
  version: debian(packageName),
  build: [['go', 'build', '-o', id, `${id}.go`]],
  environment: { GO111MODULE: 'off', GOPATH: '/usr/share/gocode' },
  command: (port) => [`./${id}`, `${port}`],
});

const front = (name: string, packageName: string, ...command: string[]): AuditedServer => ({
  id: name.toLowerCase(),
  name: `${name} in front of npm \`ws\``,
  version: debian(packageName),
  isInFront: true,
  command: () => command,
});

export const servers: readonly AuditedServer[] = [
  node('ws'),
  node('websocket'),
  node('faye-websocket'),
  { ...node('bun'), name: 'Bun (uWebSockets)', command: (port) => ['node_modules/.bin/bun', 'bun.mjs', `${port}`] },
  { ...node('deno'), name: 'Deno', command: (port) => ['node_modules/.bin/deno', 'run', '-A', 'deno.mjs', `${port}`] },
  {
    ...python('websockets', 'PyPI `websockets`', 'python-websockets.py', ''),
    version: pypi('websockets'),
    environment: { PYTHONPATH: 'py' },
    command: (port) => ['python3', 'python-websockets.py', `${port}`],
  },
  python('python3-websockets', 'python3-websockets', 'python-websockets.py', 'python3-websockets'),
  python('aiohttp', 'aiohttp', 'aiohttp-echo.py', 'python3-aiohttp'),
  python('tornado', 'Tornado', 'tornado-echo.py', 'python3-tornado'),
  python('wsproto', 'wsproto (uvicorn)', 'uvicorn-echo.py', 'python3-wsproto', 'wsproto'),
  {
    id: 'libwebsockets',
    name: 'libwebsockets’ test server',
    version: debian('libwebsockets-test-server'),
    command: (port) => ['libwebsockets-test-server', '-p', `${port}`, '-i', 'lo'],
  },
  go('gorilla', 'Go `gorilla/websocket`', 'golang-github-gorilla-websocket-dev'),
  go('nhooyr', 'Go `nhooyr.io/websocket`', 'golang-nhooyr-websocket-dev'),
  java('jetty', 'Jetty', 'Jetty', 'libjetty9-java', jetty),
  java('tomcat', 'Tomcat', 'Tomcat', 'libtomcat10-java', tomcat),
  java('netty', 'Netty', 'Netty', 'libnetty-java', netty),
  {
    id: 'mojolicious',
    name: 'Mojolicious',
    version: debian('libmojolicious-perl'),
    command: (port) => ['perl', 'mojolicious.pl', 'daemon', '-l', `http://127.0.0.1:${port}`],
  },
  front('nginx', 'nginx', 'nginx', '-p', '.', '-c', 'conf'),
  front('HAProxy', 'haproxy', 'haproxy', '-f', 'conf'),
  front('Apache', 'apache2', 'apache2', '-X', '-f', join(folder, 'conf')),
];

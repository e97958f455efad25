/** Through tinyproxy: https://tinyproxy.github.io. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { wsAbsent } from './npm-ws.js';
import type { ProgramOptions } from './program.js';
import { absent, startAll, temporaryFolder } from './program.js';
import type { Proxies } from './proxy-cases.js';
import { proxyCases } from './proxy-cases.js';

/** Its configuration file takes letters, digits, `-`, `_` and `.` only. */
const credentials = { username: 'interop-user', password: 'pa55-w.rd' };

/** One process has one set of rules. */
async function tinyproxy(): Promise<Proxies> {
  const folder = temporaryFolder('tinyproxy');
  const listen = (name: string, ...rules: string[]): ProgramOptions => ({
    command: 'tinyproxy',
    args: (port) => {
      const config = join(folder, `${name}.conf`);
      const common = [`Port ${port}`, 'Listen 127.0.0.1', 'Allow 127.0.0.1', 'Timeout 60', 'MaxClients 20'];
      writeFileSync(config, [...common, ...rules, ''].join('\n'));
      return ['-d', '-c', config];
    },
  });
  const allowed = join(folder, 'allowed');
  writeFileSync(allowed, '^nothing\\.test$\n');
  const { programs, end } = await startAll([
    listen('open'),
    listen('authenticated', `BasicAuth ${credentials.username} ${credentials.password}`),
    listen('refusing', `Filter "${allowed}"`, 'FilterDefaultDeny Yes'),
  ]);
  const [open, authenticated, refusing] = programs.map(({ port }) => port) as [number, number, number];
  return { open, authenticated, refusing, end };
}

describe('tinyproxy', { skip: absent('tinyproxy') || absent('openssl') || wsAbsent }, () => {
  // It answers 407 without credentials, but 401 to wrong ones (RFC 9110 §15.5.8 asks for 407 both times).
  proxyCases(tinyproxy, { credentials, unreachableStatus: 500, wrongCredentialsStatus: 401 });
});

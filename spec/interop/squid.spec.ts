/** Through squid, Debian's caching proxy: https://www.squid-cache.org. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'node:test';
import { wsAbsent } from './npm-ws.js';
import { absent, start, temporaryFolder } from './program.js';
import type { Proxies } from './proxy-cases.js';
import { proxyCases } from './proxy-cases.js';

/** Colons, slashes and at signs are what careless code trips over. */
const credentials = { username: 'interop-user', password: 'pa55:w/rd@' };

async function squid(): Promise<Proxies> {
  const folder = temporaryFolder('squid');
  const passwords = join(folder, 'passwords');
  const hash = execFileSync('openssl', ['passwd', '-apr1', '-stdin'], {
    input: credentials.password,
    encoding: 'utf8',
  });
  writeFileSync(passwords, `${credentials.username}:${hash.trim()}\n`, { mode: 0o644 });

  const program = await start({
    command: 'squid',
    ports: 3,
    args: (open, authenticated, refusing) => {
      const config = join(folder, 'squid.conf');
      writeFileSync(
        config,
        [
          `http_port 127.0.0.1:${open} name=open`,
          `http_port 127.0.0.1:${authenticated} name=authenticated`,
          `http_port 127.0.0.1:${refusing} name=refusing`,
          'acl open myportname open',
          'acl authenticated myportname authenticated',
          `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${passwords}`,
          'auth_param basic children 1 startup=1',
          'acl known proxy_auth REQUIRED',
          'http_access allow open',
          'http_access allow authenticated known',
          'http_access deny all',
          // In the foreground, in memory, with no state outside its folder and no query to the network's DNS.
          'pid_filename none',
          'access_log none',
          'cache deny all',
          'cache_mem 8 MB',
          'memory_cache_shared off',
          'netdb_filename none',
          'dns_nameservers 127.0.0.1',
          'pinger_enable off',
          'shutdown_lifetime 0 seconds',
          'connect_retries 0',
          `coredump_dir ${folder}`,
          'cache_log /dev/null',
          'visible_hostname squid.test',
        ].join('\n'),
      );
      return ['-N', '-d', '1', '-f', config];
    },
  });
  const [open, authenticated, refusing] = program.ports as [number, number, number];
  return { open, authenticated, refusing, end: program.end };
}

describe('squid', { skip: absent('squid') || absent('openssl') || wsAbsent }, () => {
  proxyCases(squid, { credentials, unreachableStatus: 503, wrongCredentialsStatus: 407 });
});

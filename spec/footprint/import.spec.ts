import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startEchoServer } from '../../lib/echo/echo-server.js';
import { root } from '../packed/package.js';
import { runNode } from '../packed/run-node.js';
import { certificates } from '../peer/certificates.js';

const library = new URL('../../lib/index.js', import.meta.url).href;

/** Runs a program in which `tellNew()` gives the modules of Node and the package's files loaded since the last call. */
async function report<T>(program: string): Promise<T> {
  const head = `
    import { Session } from 'node:inspector';
    let files = [], builtins = new Set(process.moduleLoadList);
    const session = new Session();
    session.connect();
    session.on('Debugger.scriptParsed', ({ params: { url } }) => {
      if (url.includes('/dist/lib/')) files.push(url.split('/dist/lib/')[1]);
    });
    session.post('Debugger.enable');
    const tellNew = () => {
      const added = process.moduleLoadList.filter((name) => !builtins.has(name));
      const result = { files, builtins: added.map((name) => name.replace(/^\\w+ /, '')) };
      files = [];
      builtins = new Set(process.moduleLoadList);
      return result;
    };
    const library = ${JSON.stringify(library)};`;
  const { status, stdout, stderr } = await runNode(root, ['--input-type=module', '--eval', head + program]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  return JSON.parse(stdout) as T;
}

interface Loaded {
  readonly files: string[];
  readonly builtins: string[];
}

const heavy = ['net', 'tls', 'zlib', 'crypto', 'http', 'https', 'dns', 'child_process', 'worker_threads'];

describe('import', () => {
  it('reads no environment, sets no timer, takes no random bytes, opens nothing: connect does', async (t) => {
    const server = await startEchoServer();
    t.after(() => server.close());
    const { atImport, atConnect } = await report<Record<'atImport' | 'atConnect', string[]>>(`
      const calls = [];
      const note = (what) => {
        if (new Error().stack.includes('/dist/lib/')) calls.push(what);
      };
      const noting = (object, names) => {
        for (const name of names) {
          const original = object[name];
          object[name] = (...args) => (note(name), original.apply(object, args));
        }
      };
      process.env = new Proxy(process.env, {
        get: (env, name) => (note('env.' + String(name)), env[name]),
        has: (env, name) => (note('env.' + String(name)), name in env),
        ownKeys: (env) => (note('env'), Reflect.ownKeys(env)),
      });
      noting(globalThis, ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']);
      noting(process, ['nextTick', 'on', 'once', 'binding', 'emitWarning']);
      noting(Math, ['random']);
      noting(crypto, ['getRandomValues', 'randomUUID']);
      const { default: nodeCrypto } = await import('node:crypto');
      noting(nodeCrypto, ['randomBytes', 'randomFillSync', 'randomFill', 'randomInt', 'createHash']);
      const { syncBuiltinESMExports } = await import('node:module');
      syncBuiltinESMExports();
      const { webSocket } = await import(library);
      const ws = webSocket.createWebSocket();
      // Besides those by which Node reads the files.
      const open = process.getActiveResourcesInfo().filter((name) => !/^(CloseReq|FSReq)/.test(name));
      const atImport = [...calls.splice(0), ...open];
      await ws.connect(${JSON.stringify(server.url)});
      await ws.close();
      console.log(JSON.stringify({ atImport, atConnect: calls }));`);
    assert.deepEqual(atImport, []);
    // What is seen now would have been seen then.
    for (const call of ['env.no_proxy', 'setTimeout', 'randomFillSync']) assert.ok(atConnect.includes(call), call);
  });

  it('loads no socket, no cipher, no compression, and nothing of audit and cli', async () => {
    const { files, builtins } = await report<Loaded>(`
      await import(library);
      console.log(JSON.stringify(tellNew()));`);
    assert.ok(files.includes('index.js'));
    assert.deepEqual(
      files.filter((file) => /^(audit|cli|kit)\/|session|deframer|dial\/(dial|race)|tls\//.test(file)),
      [],
    );
    assert.deepEqual(
      builtins.filter((name) => heavy.includes(name)),
      [],
    );
  });
});

describe('a connection', () => {
  const connect = `
    const { webSocket } = await import(library);
    const connect = async (url, options) => {
      const ws = webSocket.createWebSocket();
      await ws.connect(url, { proxy: 'no-proxy', ...options });
      await ws.close();
      return tellNew();
    };`;

  it('loads sockets with the first ws: URL, zlib with perMessageDeflate, TLS with the first wss: URL', async (t) => {
    const { server: identity, root: caPath } = await certificates();
    const server = await startEchoServer();
    const secure = await startEchoServer({ tls: identity.pem() });
    t.after(() => Promise.all([server.close(), secure.close()]));
    const steps = await report<Record<'plain' | 'compressed' | 'secure' | 'again', Loaded>>(`${connect}
      tellNew();
      const plain = await connect(${JSON.stringify(server.url)});
      const compressed = await connect(${JSON.stringify(server.url)}, { perMessageDeflate: true });
      const secure = await connect(${JSON.stringify(secure.url)}, { caPath: ${JSON.stringify(caPath)} });
      const again = await connect(${JSON.stringify(secure.url)}, {
        caPath: ${JSON.stringify(caPath)},
        perMessageDeflate: true,
      });
      console.log(JSON.stringify({ plain, compressed, secure, again }));`);
    const ofNode = (step: Loaded): string[] => step.builtins.filter((name) => ['net', 'zlib', 'tls'].includes(name));
    assert.deepEqual(ofNode(steps.plain), ['net']);
    assert.deepEqual(ofNode(steps.compressed), ['zlib']);
    assert.deepEqual(ofNode(steps.secure), ['tls']);
    assert.deepEqual(steps.again, { files: [], builtins: [] });
    // Joined into one file by the build; apart where coverage is counted.
    const isJoined = steps.plain.files.includes('core.js');
    assert.ok(isJoined ? steps.plain.files.length <= 4 : steps.plain.files.includes('protocol/session.js'));
    assert.ok(steps.compressed.files.includes('protocol/deflate/permessage-deflate.js'));
    assert.ok(steps.secure.files.includes('transport/tls/credentials.js'));
    const all = Object.values(steps).flatMap(({ files }) => files);
    assert.deepEqual(
      all.filter((file) => /^(audit|cli|kit|trace|protocol\/recording)\//.test(file)),
      [],
    );
  });
});

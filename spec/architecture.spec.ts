/** Holds the arrows of the design: what may import what, read from the sources. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const all = readdirSync(`${root}lib`, { recursive: true, encoding: 'utf8' });
const files = all
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replaceAll('\\', '/'))
  .sort();

/** Without comments: they may talk about anything. */
const source = (file: string): string =>
  readFileSync(`${root}lib/${file}`, 'utf8').replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

interface Import {
  readonly specifier: string;
  /** The file in lib; none for a module of Node. */
  readonly target: string | undefined;
  readonly loaded: 'statically' | 'when needed' | 'never';
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const pattern =
    /\b(?:import|export)\s+(type\s)?[^;'"]*?\bfrom\s+'([^']+)'|\bimport\s+'([^']+)'|\bimport\('([^']+)'\)/g;
  for (const [, type, from, bare, dynamic] of source(file).matchAll(pattern)) {
    const specifier = (from ?? bare ?? dynamic)!;
    const relative = specifier.startsWith('.');
    const target = relative ? posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts') : undefined;
    found.push({
      specifier,
      target,
      loaded: type !== undefined ? 'never' : dynamic !== undefined ? 'when needed' : 'statically',
    });
  }
  return found;
}

const layerOf = (file: string): string =>
  file === 'errors.ts' ? 'errors' : file.includes('/') ? file.split('/')[0]! : 'facade';
const filesOf = (layer: string): string[] => files.filter((file) => layerOf(file) === layer);
const nodeModules = (file: string): string[] =>
  importsOf(file).flatMap(({ specifier, loaded }) =>
    specifier.startsWith('node:') && loaded !== 'never' ? [specifier] : [],
  );

describe('imports point only downwards', () => {
  /** Layer -> the layers that it may import, types included. `errors` is a leaf that the outer layers share. */
  const below: Record<string, readonly string[]> = {
    protocol: ['protocol'],
    errors: [],
    transport: ['transport', 'protocol', 'errors'],
    facade: ['facade', 'transport', 'protocol', 'errors'],
  };
  for (const [layer, allowed] of Object.entries(below)) {
    for (const file of filesOf(layer)) {
      it(file, () => {
        for (const { specifier, target } of importsOf(file)) {
          // The one step aside: a hook for module names, which nothing in the facade imports.
          if (file === 'register.ts' && target?.startsWith('kit/')) continue;
          if (target === undefined) assert.match(specifier, /^node:/, 'no runtime dependency');
          else {
            assert.ok(files.includes(target), `${specifier} is a file`);
            assert.ok(allowed.includes(layerOf(target)), `${file} must not import ${target}`);
          }
        }
      });
    }
  }

  it('nothing outside audit and cli imports them, register and trace entries aside', () => {
    for (const file of files) {
      if (['audit', 'cli'].includes(layerOf(file))) continue;
      for (const { target } of importsOf(file)) assert.doesNotMatch(target ?? '', /^(audit|cli)\//, file);
    }
  });

  it('there is no circle among what is loaded', () => {
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      assert.ok(!path.includes(file), `a circle: ${[...path, file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const { target, loaded } of importsOf(file)) {
        if (target !== undefined && loaded === 'statically') visit(target, [...path, file]);
      }
      done.add(file);
    };
    for (const file of files) visit(file, []);
  });
});

describe('lib/protocol is pure', () => {
  const pure = ['node:buffer', 'node:crypto', 'node:zlib'];
  const outside =
    /\b(process|globalThis|console|performance|Date|Math\.random|set(Timeout|Interval|Immediate)|queueMicrotask|require)\b(?=\s*[.(])/;
  for (const file of filesOf('protocol')) {
    it(file, () => {
      for (const specifier of nodeModules(file)) assert.ok(pure.includes(specifier), `${file} imports ${specifier}`);
      assert.doesNotMatch(source(file).replace(/'[^'\n]*'|`[^`]*`/g, "''"), outside);
      if (/\bBuffer\.|new Buffer/.test(source(file))) {
        assert.match(
          source(file),
          /import (?:type )?\{[^}]*\bBuffer\b[^}]*\} from 'node:buffer'/,
          'Buffer is imported, not global',
        );
      }
    });
  }
});

describe('the outside world is met in lib/transport only', () => {
  const outside = [
    'node:net',
    'node:tls',
    'node:fs',
    'node:fs/promises',
    'node:dns',
    'node:http',
    'node:https',
    'node:timers',
  ];
  for (const file of [...filesOf('facade'), ...filesOf('errors')]) {
    it(`${file} opens no socket, reads no file, sets no timer`, () => {
      for (const specifier of nodeModules(file))
        assert.ok(!outside.includes(specifier), `${file} imports ${specifier}`);
      assert.doesNotMatch(source(file), /\b(setTimeout|setInterval|setImmediate|process\.env)\b/);
    });
  }
});

describe('only those who need them load TLS, zlib and files', () => {
  it('importing the entry point loads none of them', () => {
    const loaded = new Set<string>();
    const modules = new Set<string>();
    const visit = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const { specifier, target, loaded: how } of importsOf(file)) {
        if (how !== 'statically') continue;
        if (target === undefined) modules.add(specifier);
        else visit(target);
      }
    };
    visit('index.ts');
    for (const heavy of ['node:tls', 'node:zlib', 'node:fs', 'node:http', 'node:https'])
      assert.ok(!modules.has(heavy), heavy);
    for (const file of loaded) assert.doesNotMatch(file, /^(audit|cli)\//);
  });
});

describe('specs mirror lib', () => {
  /** Files without a spec of their own name -> the spec that holds them. */
  const heldBy: Record<string, string> = {
    'types.ts': 'types/declarations',
    'protocol/response-headers.ts': 'types/declarations',
    'transport/client-cert.ts': 'types/declarations',
    'transport/proxy-configuration.ts': 'types/declarations',
    'transport/connect-plan.ts': 'options',
    'transport/host-pattern.ts': 'transport/proxy',
    'transport/step-listeners.ts': 'transport/dial',
    'transport/tunnel.ts': 'transport/dial',
    'transport/tls-certificate.ts': 'transport/tls',
    'transport/tls-error.ts': 'transport/tls',
    'transport/tls-files.ts': 'transport/tls',
    'transport/tls-sessions.ts': 'transport/tls',
    'protocol/observed-session.ts': 'audit/trace',
    'protocol/session-events.ts': 'audit/trace',
    'protocol/session.ts': 'rfc6455/vectors',
  };
  /** Beside the documented API; specs of programs that use them hold them. */
  const additions = ['adapters.ts', 'register.ts'];
  const mirrored = files.filter((name) => ['facade', 'errors', 'transport', 'protocol'].includes(layerOf(name)));
  for (const file of mirrored.filter((name) => !additions.includes(name))) {
    it(file, () => {
      const own = `spec/${file.replace(/\.ts$/, '')}.spec.ts`;
      const spec = existsSync(root + own) ? own : `spec/${heldBy[file]}.spec.ts`;
      assert.ok(existsSync(root + spec), `expected ${own}`);
    });
  }
});

// Joins the modules that every first connection loads into one file, dist/lib/core.js: Node takes 0.6 ms and more for each
// module, which was most of a first connect. Each module stays readable in it, under its name; the file it came from
// exports the same names from there, so that there is one instance of everything.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = fileURLToPath(new URL('../dist/lib/', import.meta.url));
/** What a connection without TLS, proxy, compression and recording needs. */
const roots = ['api/core.js', 'transport/connection.js', 'transport/inbox.js', 'transport/dial/dial.js', 'transport/channels.js'];
/** These find others by where they lie. */
const apart = ['transport/load.js', 'api/core-on-demand.js'];
const joined = 'core.js';

const statement = /^(import|export)\s+(?:([^;'"]*?)\s+from\s+)?'([^']+)';\n/gm;
const files = new Map();

function read(file) {
  const known = files.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(join(lib, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  const imports = [...source.matchAll(statement)].map(([text, kind, clause = '', from]) => {

    return { text, clause, from, target: from.startsWith('.') ? relative(lib, resolve(lib, dirname(file), from)) : undefined };
  });
  const read = { file, source, imports };
  files.set(file, read);
  return read;
}

/** A file and what it imports, each behind what it needs. */
function closure(file, into = new Set()) {
  if (into.has(file)) return into;
  for (const { target } of read(file).imports) if (target !== undefined) closure(target, into);
  into.add(file);
  return into;
}

const atImport = closure('index.js');
const order = new Set();
for (const root of roots) for (const file of closure(root)) if (!atImport.has(file) && !apart.includes(file)) order.add(file);

const exported = /^export (?:(?:async )?function\*?|class|const|let) ([\w$]+)/gm;
const names = new Map([...order].map((file) => [file, [...read(file).source.matchAll(exported)].map(([, name]) => name)]));
/** What is imported from outside: name in this file -> the clause that brings it. */
const outside = new Map();

function bring(file, from, name, clause) {
  const key = `${from} ${clause}`;
  const before = outside.get(name);
  if (before !== undefined && before.key !== key) throw new Error(`${file}: ${name} has two meanings: ${key}, ${before.key}`);
  outside.set(name, { key, from, clause });
}

function named(clause) {
  return /\{([^}]*)\}/.exec(clause)?.[1].split(',').map((part) => part.trim()).filter(Boolean).map((part) => part.split(' as ')) ?? [];
}

/** The module itself, for who loads it on use. */
const moduleName = (file) => `$${file.replace(/\.js$/, '').replace(/\W/g, '_')}`;

const isIn = (target) => target !== undefined && order.has(target);
const specifier = (target) => `./${target}`;

/** The body of a module as the body of a function: its names stay its own, and what it exports is what it returns. */
function body(file) {
  const { source, imports } = read(file);
  let text = source;
  const aliases = [];
  for (const { text: whole, clause, from, target } of imports) {
    text = text.replace(whole, '');
    if (clause === '') throw new Error(`${file}: imports ${from} for its effects`);
    const namespace = /\* as ([\w$]+)/.exec(clause)?.[1];
    const byDefault = /^([\w$]+)/.exec(clause)?.[1];
    if (isIn(target)) {
      if (byDefault !== undefined) throw new Error(`${file}: a default export of ${target}`);
      if (namespace !== undefined) aliases.push(`const ${namespace} = { ${names.get(target).join(', ')} };\n`);
      for (const [name, alias] of named(clause)) if (alias !== undefined) aliases.push(`const ${alias} = ${name};\n`);
      continue;
    }
    const where = target === undefined ? from : specifier(target);
    if (namespace !== undefined) bring(file, where, namespace, `* as ${namespace}`);
    if (byDefault !== undefined) bring(file, where, byDefault, byDefault);
    for (const [name, alias = name] of named(clause)) bring(file, where, alias, alias === name ? `{ ${name} }` : `{ ${name} as ${alias} }`);
  }
  // What is loaded on use: at once when it is in this file, from where it lies when it is not.
  text = text.replace(/load\('([^']+)', \(\) => import\('([^']+)'\)\)/g, (call, _path, to) => {
    const target = relative(lib, resolve(lib, dirname(file), to));
    return isIn(target) ? `Promise.resolve(${moduleName(target)})` : call;
  });
  text = text.replace(/import\('(\.[^']+)'\)/g, (_call, to) => {
    const target = relative(lib, resolve(lib, dirname(file), to));
    return isIn(target) ? `Promise.resolve(${moduleName(target)})` : `import('${specifier(target)}')`;
  });
  if (/import\.meta|^export (default|\{)/m.test(text)) throw new Error(`${file} cannot be joined: import.meta, or a kind of export`);
  return aliases.join('') + text.replace(/^export /gm, '');
}

const all = new Set();
for (const list of names.values()) {
  for (const name of list) {
    if (all.has(name)) throw new Error(`two modules export ${name}`);
    all.add(name);
  }
}

const parts = [...order].map((file) => {
  const own = names.get(file);
  const list = own.join(', ');
  const head = `// ${'-'.repeat(20)} ${file}\n`;
  return own.length === 0 ? '' : `${head}export const { ${list} } = (() => {\n${body(file).trim()}\nreturn { ${list} };\n})();\n${roots.includes(file) ? `const ${moduleName(file)} = { ${list} };\n` : ''}`;
});
for (const [name, { key }] of outside) if (all.has(name)) throw new Error(`${name} is exported, and imported as ${key}`);
const heads = [...outside.values()].map(({ from, clause }) => `import ${clause} from '${from}';\n`).sort();
writeFileSync(
  join(lib, joined),
  `// The modules that every connection needs in one file, which loads in a fraction of the time: see .ci/join-core.mjs in the sources.\n${heads.join('')}${parts.join('')}`,
);
for (const file of order) {
  const path = relative(dirname(file), joined);
  const list = names.get(file).join(', ');
  writeFileSync(join(lib, file), list === '' ? 'export {};\n' : `export { ${list} } from '${path.startsWith('.') ? path : `./${path}`}';\n`);
  rmSync(join(lib, `${file}.map`), { force: true });
}
// The compiler would else leave what did not change as it is now.
rmSync(join(lib, '../.tsbuildinfo'), { force: true });

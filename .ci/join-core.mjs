// Joins the modules that an import of the package loads into dist/lib/entry.js, and those that every first connection
// loads into dist/lib/core.js: Node takes 0.6 ms and more for each module, which was most of a first connect. Each module
// stays readable in it, under its name; the file it came from exports the same names from there, so that there is one
// instance of everything. What it does not know how to join, it refuses.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const lib = fileURLToPath(new URL('../dist/lib/', import.meta.url));
/** What a connection without TLS, proxy, compression and recording needs. */
const roots = ['api/core.js', 'transport/connection.js', 'transport/inbox.js', 'transport/dial/dial.js', 'transport/channels.js'];
/** These find others by where they lie, or are facades. */
const apart = ['index.js', 'api/namespace.js', 'transport/load.js', 'api/core-on-demand.js', 'api/additions-on-demand.js'];
/** What these export is the API: they stay, and take it from the joined files. */
const facades = ['index.js', 'api/namespace.js'];
const joined = 'core.js';
/** What an import of the package needs, in a file of its own. */
const entry = 'entry.js';

const statement = /^(import|export)\s+(?:([^;'"]*?)\s+from\s+)?'([^']+)';\n/gm;
const files = new Map();

function read(file) {
  const known = files.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(join(lib, file), 'utf8').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n');
  const imports = [...source.matchAll(statement)].map(([text, kind, clause = '', from]) => {
    const target = from.startsWith('.') ? relative(lib, resolve(lib, dirname(file), from)) : undefined;
    return { text, kind, clause, from, target };
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

const atImport = [...closure('index.js')].filter((file) => !apart.includes(file));
const onUse = new Set();
for (const root of roots) for (const file of closure(root)) if (![...atImport, ...apart].includes(file)) onUse.add(file);
const groups = [
  { name: entry, order: new Set(atImport), title: 'The modules that an import of the package needs' },
  { name: joined, order: onUse, title: 'The modules that every connection needs' },
];

const exported = /^export (?:(?:async )?function\*?|class|const) ([\w$]+)/gm;
const names = new Map([...atImport, ...onUse].map((file) => [file, [...read(file).source.matchAll(exported)].map(([, name]) => name)]));
function bring(outside, file, from, name, clause) {
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

/** The module itself, once it is joined, or `undefined`. */
function wholeModule(target, order) {
  if (!order.has(target)) return undefined;
  if (!roots.includes(target)) throw new Error(`${target} is loaded on use, and not among the roots`);
  return `Promise.resolve(${moduleName(target)})`;
}

/** From where a file beside this one takes it. */
const specifier = (target) => `./${groups.find(({ order }) => order.has(target))?.name ?? target}`;

/** The body of a module as the body of a function: its names stay its own, and what it exports is what it returns. */
function body(file, order, outside) {
  const { source, imports } = read(file);
  let text = source;
  const aliases = [];
  for (const { text: whole, kind, clause, from, target } of imports) {
    text = text.replace(whole, '');
    if (kind === 'export') throw new Error(`${file}: exports what is from ${from}`);
    if (clause === '') throw new Error(`${file}: imports ${from} for its effects`);
    const namespace = /\* as ([\w$]+)/.exec(clause)?.[1];
    const byDefault = /^([\w$]+)/.exec(clause)?.[1];
    if (order.has(target)) {
      if (byDefault !== undefined) throw new Error(`${file}: a default export of ${target}`);
      if (namespace !== undefined) aliases.push(`const ${namespace} = { ${names.get(target).join(', ')} };\n`);
      for (const [name, alias] of named(clause)) if (alias !== undefined) aliases.push(`const ${alias} = ${name};\n`);
      continue;
    }
    const where = target === undefined ? from : specifier(target);
    if (namespace !== undefined) bring(outside, file, where, namespace, `* as ${namespace}`);
    if (byDefault !== undefined) bring(outside, file, where, byDefault, byDefault);
    for (const [name, alias = name] of named(clause)) bring(outside, file, where, alias, alias === name ? `{ ${name} }` : `{ ${name} as ${alias} }`);
  }
  // What is loaded on use: at once when it is in this file, from where it lies when it is not.
  text = text.replace(/load\('([^']+)', \(\) => import\('([^']+)'\)\)/g, (call, _path, to) => {
    const target = relative(lib, resolve(lib, dirname(file), to));
    return wholeModule(target, order) ?? call;
  });
  text = text.replace(/import\('(\.[^']+)'\)/g, (_call, to) => {
    const target = relative(lib, resolve(lib, dirname(file), to));
    return wholeModule(target, order) ?? `import('${specifier(target)}')`;
  });
  const exports = text.match(/^export\b/gm) ?? [];
  if (/import\.meta|^import\b(?!\()/m.test(text) || exports.length !== names.get(file).length)
    throw new Error(`${file} cannot be joined: import.meta, or a form of import or export that is not known here`);
  return aliases.join('') + text.replace(/^export /gm, '');
}

const all = new Set();
for (const list of names.values()) {
  for (const name of list) {
    if (all.has(name)) throw new Error(`two modules export ${name}`);
    all.add(name);
  }
}

for (const { name: joinedFile, order, title } of groups) {
  /** What is imported from outside: name in this file -> the clause that brings it. */
  const outside = new Map();
  const parts = [...order].map((file) => {
    const list = names.get(file).join(', ');
    const text = body(file, order, outside).trim();
    if (list === '') return '';
    const head = `// ${'-'.repeat(20)} ${file}\n`;
    const module = roots.includes(file) ? `const ${moduleName(file)} = { ${list} };\n` : '';
    return `${head}export const { ${list} } = (() => {\n${text}\nreturn { ${list} };\n})();\n${module}`;
  });
  const own = new Set([...order].flatMap((file) => names.get(file)));
  for (const [name, { key }] of outside) if (own.has(name)) throw new Error(`${name} is exported, and imported as ${key}`);
  const heads = [...outside.values()].map(({ from, clause }) => `import ${clause} from '${from}';\n`).sort();
  const about = `${title} in one file, which loads in a fraction of the time: see .ci/join-core.mjs in the sources.`;
  writeFileSync(join(lib, joinedFile), `// ${about}\n${heads.join('')}${parts.join('')}`);
  for (const file of order) {
    const path = relative(dirname(file), joinedFile);
    const list = names.get(file).join(', ');
    writeFileSync(
      join(lib, file),
      list === '' ? 'export {};\n' : `export { ${list} } from '${path.startsWith('.') ? path : `./${path}`}';\n`,
    );
    rmSync(join(lib, `${file}.map`), { force: true });
  }
}
for (const file of facades) {
  const direct = readFileSync(join(lib, file), 'utf8').replace(/ from '(\.[^']+)'/g, (_text, from) => {
    const target = specifier(relative(lib, resolve(lib, dirname(file), from))).slice(2);
    const path = relative(dirname(file), target);
    return ` from '${path.startsWith('.') ? path : `./${path}`}'`;
  });
  writeFileSync(join(lib, file), direct);
}
// The compiler would else leave what did not change as it is now.
rmSync(join(lib, '../.tsbuildinfo'), { force: true });

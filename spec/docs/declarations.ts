/** What the package exports, read from its declarations: each name with its text, its docstring and its members. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import type * as ast from 'typescript/unstable/ast';
import { SyntaxKind } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';
import { root } from '../sources.js';

export interface Member {
  readonly name: string;
  /** The declaration in one line, without its docstring. */
  readonly text: string;
  readonly doc: string;
}

export interface Declared {
  readonly name: string;
  /** Of a class or interface: what it extends. */
  readonly heritage: string;
  readonly kind: 'class' | 'interface' | 'type' | 'function' | 'constant' | 'namespace';
  /** The declaration as it stands, without docstrings. */
  readonly text: string;
  readonly doc: string;
  /** Properties and methods; none of what is private. */
  readonly members: readonly Member[];
  /** The file of lib, with slashes. */
  readonly source: string;
}

export interface EntryPoint {
  /** `ohos-websocket/trace` */
  readonly specifier: string;
  readonly doc: string;
  readonly exported: readonly Declared[];
}

const kinds: Partial<Record<SyntaxKind, Declared['kind']>> = {
  [SyntaxKind.ClassDeclaration]: 'class',
  [SyntaxKind.InterfaceDeclaration]: 'interface',
  [SyntaxKind.TypeAliasDeclaration]: 'type',
  [SyntaxKind.FunctionDeclaration]: 'function',
  [SyntaxKind.VariableStatement]: 'constant',
};

/** Entry points by the `types` of package.json's `exports`, in its order, but those of the platform's own names. */
export function readEntryPoints(): EntryPoint[] {
  const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    exports: Record<string, { types?: string }>;
  };
  const entries = Object.entries(exports).flatMap(([path, { types }]) =>
    types === undefined || path.startsWith('./kit/')
      ? []
      : [{ specifier: posix.join('ohos-websocket', path), file: join(root, types) }],
  );
  const folder = mkdtempSync(join(tmpdir(), 'declarations-'));
  const config = join(folder, 'tsconfig.json');
  writeFileSync(config, JSON.stringify({ compilerOptions: { noEmit: true }, files: entries.map(({ file }) => file) }));
  const api = new API({ cwd: folder });
  try {
    const { program } = api.updateSnapshot({ openProjects: [config] }).getProjects()[0]!;
    const reader = new Reader((file) => program.getSourceFile(file));
    return entries.map(({ specifier, file }) => reader.entryPoint(specifier, file));
  } finally {
    api.close();
    rmSync(folder, { recursive: true });
  }
}

class Reader {
  readonly #tree: (file: string) => ast.SourceFile | undefined;

  constructor(tree: (file: string) => ast.SourceFile | undefined) {
    this.#tree = tree;
  }

  entryPoint(specifier: string, file: string): EntryPoint {
    const all = [...this.#exportsOf(file)];
    const own = new Set(all.map(([name]) => name));
    // What the namespace has is exported beside it as well, now and then: told once.
    const once = all.filter(([name]) => name.includes('.') || !own.has(`webSocket.${name}`));
    const exported = once.map(([name, declared]) => ({ ...declared, name }));
    return { specifier, doc: headOf(readFileSync(file, 'utf8')), exported };
  }

  /** Name -> declaration, through every `export … from`. */
  #exportsOf(file: string): Map<string, Declared> {
    const tree = this.#tree(file);
    if (tree === undefined) throw new Error(`expected the declarations ${file}: build first`);
    const found = new Map<string, Declared>();
    for (const statement of tree.statements) {
      if (statement.kind === SyntaxKind.ExportDeclaration)
        for (const [name, declared] of this.#reexported(statement as ast.ExportDeclaration, file))
          found.set(name, declared);
      else if (/^export (?!default|=)/.test(statement.getText()))
        // A value and a type of one name are one: the first has the docstring.
        for (const declared of declaredBy(statement, file))
          if (!found.has(declared.name)) found.set(declared.name, declared);
    }
    return found;
  }

  #reexported(statement: ast.ExportDeclaration, file: string): Map<string, Declared> {
    const { moduleSpecifier, exportClause } = statement;
    const target =
      moduleSpecifier === undefined
        ? undefined
        : join(dirname(file), (moduleSpecifier as ast.StringLiteral).text.replace(/\.js$/, '.d.ts'));
    const there = target === undefined ? this.#locals(file) : this.#exportsOf(target);
    if (exportClause === undefined) return there;
    if (exportClause.kind === SyntaxKind.NamespaceExport) {
      const name = (exportClause as ast.NamespaceExport).name.getText();
      if (name === 'default') return new Map();
      const doc = headOf(readFileSync(target!, 'utf8'));
      const itself: Declared = {
        name,
        kind: 'namespace',
        text: '',
        doc,
        members: [],
        heritage: '',
        source: sourceOf(target!),
      };
      const inside = [...there].map(([member, declared]) => [`${name}.${member}`, declared] as const);
      return new Map([[name, itself], ...inside]);
    }
    const named = new Map<string, Declared>();
    for (const { name, propertyName } of (exportClause as ast.NamedExports).elements) {
      const declared = there.get((propertyName ?? name).getText());
      if (declared !== undefined) named.set(name.getText(), declared);
    }
    return named;
  }

  /** What a file declares without exporting it at once: `export { a as b };` names it later. */
  #locals(file: string): Map<string, Declared> {
    const tree = this.#tree(file)!;
    return new Map(tree.statements.flatMap((one) => declaredBy(one, file)).map((one) => [one.name, one]));
  }
}

function declaredBy(statement: ast.Node, file: string): Declared[] {
  const kind = kinds[statement.kind];
  if (kind === undefined) return [];
  const name =
    kind === 'constant'
      ? (statement as ast.VariableStatement).declarationList.declarations[0]!.name.getText()
      : (statement as ast.FunctionDeclaration).name!.getText();
  const members = ((statement as ast.InterfaceDeclaration).members ?? []) as readonly ast.Node[];
  const text = withoutComments(statement.getText()).replace(/^export (declare )?/, '');
  const heritage = ((statement as ast.InterfaceDeclaration).heritageClauses ?? [])
    .map((one) => one.getText())
    .join(' ');
  const source = sourceOf(file);
  return [{ name, kind, text, heritage, doc: docOf(statement), members: members.flatMap(memberOf), source }];
}

function memberOf(node: ast.Node): Member[] {
  const text = withoutComments(node.getText()).replace(/\s+/g, ' ').replace(/;$/, '');
  if (/^(private |protected |#|static \{)/.test(text)) return [];
  const name = (node as ast.PropertyDeclaration).name?.getText() ?? /^[^(:]*/.exec(text)![0].trim();
  return [{ name: name === '' ? 'constructor' : name, text, doc: docOf(node) }];
}

const withoutComments = (text: string): string => text.replace(/^\s*\/\*\*[^]*?\*\/\n?/gm, '');

/** The last docstring before a node, without its stars. */
function docOf(node: ast.Node): string {
  const before = node.getSourceFile().text.slice(node.getFullStart(), node.getStart());
  return plain([...before.matchAll(/\/\*\*([^]*?)\*\//g)].at(-1)?.[1] ?? '');
}

/** The docstring at the head of a file. */
const headOf = (text: string): string => plain(/^\/\*\*([^]*?)\*\//.exec(text)?.[1] ?? '');

const plain = (doc: string): string => doc.replace(/^ *\* ?/gm, '').trim();

const sourceOf = (file: string): string =>
  posix.relative(join(root, 'dist').replaceAll('\\', '/'), file.replaceAll('\\', '/')).replace(/\.d\.ts$/, '.ts');

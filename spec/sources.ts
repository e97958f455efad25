/**
 * What the specs of the architecture read from the sources of `lib`, with the compiler's own parser and types.
 *
 * The compiler's API calls itself unstable: package-lock.json pins it, and this file is the only one that imports it.
 */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as ast from 'typescript/unstable/ast';
import { NodeFlags, SyntaxKind } from 'typescript/unstable/ast';
import { API, type Checker, type Project } from 'typescript/unstable/sync';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where the names that begin with `#` lead to: subpath imports of the package. */
const { imports: ownPaths } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  imports: Record<string, { default: string }>;
};

export interface Import {
  readonly specifier: string;
  /** The file in lib; none for a module of Node. */
  readonly target: string | undefined;
  readonly loaded: 'statically' | 'when needed' | 'never';
  /** What an import declaration names. */
  readonly names: readonly string[];
}

export interface Source {
  /** Below lib, with slashes. */
  readonly file: string;
  readonly lines: number;
  /** The code without comments. */
  readonly code: string;
  readonly imports: readonly Import[];
  /** Whether it holds types or names of other files alone, so that there is nothing to run. */
  readonly declaresOnly: boolean;
  /** The names that it declares and exports; `default` is none. */
  readonly exported: readonly string[];
  /** Names in module scope whose value can change, or that hold something that can. */
  readonly state: readonly string[];
  /** Names of other files' exports that it changes. */
  readonly changes: ReadonlySet<string>;
  /** Each with its own lines: those of the functions inside it are theirs. */
  readonly functions: readonly { readonly name: string; readonly lines: number }[];
}

/** Reads all files of lib; takes half a second. */
export function readSources(): Source[] {
  const api = new API({ cwd: root });
  try {
    const project = api.updateSnapshot({ openProjects: [join(root, 'tsconfig.json')] }).getProjects()[0]!;
    const lib = `${root.replaceAll('\\', '/')}lib/`;
    const names = project.program.getSourceFileNames().filter((name) => name.startsWith(lib));
    return names.sort().map((name) => readSource(project, name, name.slice(lib.length)));
  } finally {
    api.close();
  }
}

/** Which of these names the language's own library, Node's types and the standards declare in the global scope. */
export function globalNames(names: Iterable<string>): string[] {
  return [...names].filter((name) => name in globalThis || declaredGlobally.has(name));
}

/** Global types of TypeScript's library that have no value, and values that only newer Nodes or browsers have. */
const declaredGlobally: ReadonlySet<string> = new Set(
  (
    'Record Partial Required Readonly Pick Omit Exclude Extract NonNullable Parameters ReturnType InstanceType Awaited ' +
    'PromiseLike ArrayLike Iterable Iterator IterableIterator AsyncIterable PropertyKey ThisType Storage CloseEvent ' +
    'ErrorEvent WebSocket WebSocketStream EventSource Navigator Text Node Range Request Response'
  ).split(' '),
);

function readSource(project: Project, name: string, file: string): Source {
  const tree = project.program.getSourceFile(name)!;
  const walk = new Walk(tree, file);
  walk.visit(tree);
  const state = [...variables(tree), ...staticFields(tree)]
    .filter((variable) => isState(variable, project.checker, walk.changed))
    .map((variable) => variable.name.getText());
  return {
    file,
    lines: tree.text.split('\n').length - 1,
    code: withoutComments(tree),
    imports: walk.imports,
    declaresOnly: tree.statements.every(({ kind }) => declaringKinds.has(kind)),
    exported: exportedNames(tree),
    state,
    changes: walk.changed,
    functions: walk.functions,
  };
}

/** One walk over a file collects all that needs no types. */
class Walk {
  readonly imports: Import[] = [];
  readonly functions: { name: string; lines: number }[] = [];
  /** Roots of what is assigned to, counted up, deleted from, or changed by a method that does. */
  readonly changed = new Set<string>();
  /** The functions that the node of the moment is in. */
  readonly #around: { lines: number }[] = [];
  readonly #tree: ast.SourceFile;
  readonly #file: string;

  constructor(tree: ast.SourceFile, file: string) {
    this.#tree = tree;
    this.#file = file;
  }

  visit(node: ast.Node): void {
    this.#readImport(node);
    this.#readChange(node);
    const isFunction = functionKinds.has(node.kind);
    if (isFunction) this.#around.push(this.#readFunction(node));
    node.forEachChild((child) => this.visit(child));
    if (isFunction) this.#around.pop();
  }

  #readImport(node: ast.Node): void {
    // A path of a module in a string, `register('./hook.js')`, leads to a file like an import.
    if (node.kind !== SyntaxKind.StringLiteral) return;
    const specifier = (node as ast.StringLiteral).text;
    const relative = /^\.\.?\/.*\.js$/.test(specifier);
    const loaded = howLoaded(node);
    if (loaded === undefined && !relative) return;
    const path = relative ? posix.join(posix.dirname(this.#file), specifier) : ownPaths[specifier]?.default;
    const target = path?.replace(/^\.\/dist\/lib\//, '').replace(/\.js$/, '.ts');
    this.imports.push({ specifier, target, loaded: loaded ?? 'when needed', names: importedNames(node.parent) });
  }

  #readFunction(node: ast.Node): { name: string; lines: number } {
    const line = (position: number): number => this.#tree.getLineAndCharacterOfPosition(position).line;
    const lines = line(node.end) - line(node.getStart()) + 1;
    const around = this.#around.at(-1);
    if (around !== undefined) around.lines -= lines - 1;
    const read = { name: nameOf(node), lines };
    this.functions.push(read);
    return read;
  }

  #readChange(node: ast.Node): void {
    let target: ast.Node | undefined;
    if (node.kind === SyntaxKind.BinaryExpression) {
      const { left, operatorToken } = node as ast.BinaryExpression;
      if (operatorToken.kind >= SyntaxKind.FirstAssignment && operatorToken.kind <= SyntaxKind.LastAssignment)
        target = left;
    } else if (node.kind === SyntaxKind.PrefixUnaryExpression || node.kind === SyntaxKind.PostfixUnaryExpression) {
      const { operator, operand } = node as ast.PrefixUnaryExpression;
      if (operator === SyntaxKind.PlusPlusToken || operator === SyntaxKind.MinusMinusToken) target = operand;
    } else if (node.kind === SyntaxKind.DeleteExpression) {
      target = (node as ast.DeleteExpression).expression;
    } else if (node.kind === SyntaxKind.CallExpression) {
      const callee = (node as ast.CallExpression).expression;
      if (callee.kind === SyntaxKind.PropertyAccessExpression) {
        const { name, expression } = callee as ast.PropertyAccessExpression;
        if (changingMethods.has(name.getText())) target = expression;
      }
    }
    while (
      target?.kind === SyntaxKind.PropertyAccessExpression ||
      target?.kind === SyntaxKind.ElementAccessExpression ||
      target?.kind === SyntaxKind.NonNullExpression ||
      target?.kind === SyntaxKind.ParenthesizedExpression
    )
      target = (target as ast.PropertyAccessExpression).expression;
    if (target?.kind === SyntaxKind.Identifier) this.changed.add(target.getText());
  }
}

/** A function's own name, that of the variable or field that holds it, or that of the function around it. */
function nameOf(node: ast.Node): string {
  if (node.kind === SyntaxKind.Constructor) return 'constructor';
  const { name } = node as ast.FunctionDeclaration;
  if (name !== undefined) return name.getText();
  return node.parent === undefined ? 'a function of the module' : nameOf(node.parent);
}

const functionKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
  SyntaxKind.SetAccessor,
]);

const declaringKinds: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
]);

const changingMethods: ReadonlySet<string> = new Set(
  'push pop shift unshift splice sort reverse fill copyWithin set add delete clear write exec test'.split(' '),
);

function howLoaded(literal: ast.Node): Import['loaded'] | undefined {
  const { parent } = literal;
  switch (parent.kind) {
    case SyntaxKind.ImportDeclaration: {
      const clause = (parent as ast.ImportDeclaration).importClause;
      return clause !== undefined && /^type\b/.test(clause.getText()) ? 'never' : 'statically';
    }
    case SyntaxKind.ExportDeclaration:
      return (parent as ast.ExportDeclaration).isTypeOnly ? 'never' : 'statically';
    case SyntaxKind.LiteralType:
      return parent.parent.kind === SyntaxKind.ImportType ? 'never' : undefined;
    case SyntaxKind.CallExpression: {
      const callee = (parent as ast.CallExpression).expression;
      return callee.kind === SyntaxKind.ImportKeyword || callee.getText() === 'require' ? 'when needed' : undefined;
    }
    default:
      return undefined;
  }
}

function importedNames(declaration: ast.Node): string[] {
  if (declaration.kind !== SyntaxKind.ImportDeclaration) return [];
  const bindings = (declaration as ast.ImportDeclaration).importClause?.namedBindings;
  if (bindings?.kind !== SyntaxKind.NamedImports) return [];
  return (bindings as ast.NamedImports).elements.map(({ name }) => name.getText());
}

function exportedNames(tree: ast.SourceFile): string[] {
  return tree.statements.flatMap((statement): string[] => {
    if (!hasModifier(statement, SyntaxKind.ExportKeyword) || hasModifier(statement, SyntaxKind.DefaultKeyword))
      return [];
    if (statement.kind === SyntaxKind.VariableStatement)
      return declarations(statement).map(({ name }) => name.getText());
    const { name } = statement as ast.FunctionDeclaration;
    return name === undefined ? [] : [name.getText()];
  });
}

interface Variable {
  readonly name: ast.Node;
  readonly initializer: ast.Node | undefined;
  readonly constant: boolean;
}

const hasModifier = (node: ast.Node, kind: SyntaxKind): boolean =>
  ((node as ast.ClassDeclaration).modifiers ?? []).some((modifier: ast.Node) => modifier.kind === kind);

function declarations(statement: ast.Node): Variable[] {
  const list = (statement as ast.VariableStatement).declarationList;
  const constant = (list.flags & NodeFlags.Const) !== 0;
  return list.declarations.flatMap((declaration): Variable[] => {
    const { name, initializer } = declaration;
    if (name.kind === SyntaxKind.Identifier) return [{ name, initializer, constant }];
    return (name as ast.ObjectBindingPattern).elements.map((element) => ({
      name: (element as ast.BindingElement).name!,
      initializer: undefined,
      constant,
    }));
  });
}

/** Those of the module's own scope. */
const variables = (tree: ast.SourceFile): Variable[] =>
  tree.statements.flatMap((statement) =>
    statement.kind === SyntaxKind.VariableStatement ? declarations(statement) : [],
  );

function staticFields(tree: ast.SourceFile): Variable[] {
  return tree.statements.flatMap((statement): Variable[] => {
    if (statement.kind !== SyntaxKind.ClassDeclaration) return [];
    return (statement as ast.ClassDeclaration).members.flatMap((member): Variable[] => {
      if (member.kind !== SyntaxKind.PropertyDeclaration || !hasModifier(member, SyntaxKind.StaticKeyword)) return [];
      const { name, initializer } = member as ast.PropertyDeclaration;
      return [{ name, initializer, constant: hasModifier(member, SyntaxKind.ReadonlyKeyword) }];
    });
  });
}

/**
 * A variable, a collection whose type does not say that it is read-only, an instance of a class, bytes; anything else
 * when something assigns to a part of it.
 */
function isState(variable: Variable, checker: Checker, changed: ReadonlySet<string>): boolean {
  const { name, initializer, constant } = variable;
  if (!constant) return true;
  const type = checker.typeToString(checker.getTypeAtLocation(name)!);
  if (/^(readonly |Readonly(Array|Map|Set)?<)/.test(type)) return false;
  if (/^(RegExp|string|number|boolean|bigint)$|=> |^typeof /.test(type))
    return (
      changed.has(name.getText()) && /^RegExp/.test(type) && /\/[a-z]*[gy][a-z]*$/.test(initializer?.getText() ?? '')
    );
  if (/\[\]$|^\[/.test(type)) return true;
  if (/^(Buffer|\w+Array|ArrayBuffer)\b/.test(type)) return !/\((0|\[\])?\)$/.test(initializer?.getText() ?? '');
  let value = initializer;
  while (
    value?.kind === SyntaxKind.AsExpression ||
    value?.kind === SyntaxKind.SatisfiesExpression ||
    value?.kind === SyntaxKind.ParenthesizedExpression
  )
    value = (value as ast.AsExpression).expression;
  return value?.kind === SyntaxKind.NewExpression || changed.has(name.getText());
}

function withoutComments(tree: ast.SourceFile): string {
  return tree.text.replace(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');
}

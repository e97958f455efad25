/** The platform's module names: the modules here that stand for them, those that a program brings, a sentence for the rest. */

/** Name -> file, beside this one. */
const modules: Readonly<Record<string, string>> = {
  '@kit.NetworkKit': './network-kit.js',
  '@ohos.net.webSocket': './ohos-net-websocket.js',
  '@kit.BasicServicesKit': './basic-services-kit.js',
  '@ohos.base': './ohos-base.js',
  '@kit.PerformanceAnalysisKit': './performance-analysis-kit.js',
  '@ohos.hilog': './ohos-hilog.js',
  '@kit.ArkTS': './ark-ts.js',
  '@ohos.util': './ohos-util.js',
  '@ohos.buffer': './ohos-buffer.js',
};

/** Name -> URL, or the name of a package: see `registerKits`. */
const registered = new Map<string, string>();

/** Node takes none of these for the name of a package: a scope needs a slash. `@ohos/axios` is one, and stays Node's. */
const platformName = /^@(?:kit|ohos|system|arkts|hms)[.:][^/]+$/;

/** Compiled programs write `@ohos:net.webSocket`. */
function normalize(specifier: string): string {
  return specifier.replace(/^(@[a-z]+):/, '$1.');
}

/** Whether a specifier is one of the platform's. */
export function isPlatformName(specifier: string): boolean {
  return platformName.test(specifier);
}

export function addKits(kits: Readonly<Record<string, string>>): void {
  for (const [name, target] of Object.entries(kits)) registered.set(normalize(name), target);
}

/** What a program has registered for a name of the platform: a URL, or the name of a package. */
export function registeredKit(specifier: string): string | undefined {
  return registered.get(normalize(specifier));
}

/**
 * The URL of the module here that stands for a name of the platform.
 *
 * @throws {Error} `ERR_MODULE_NOT_FOUND`, saying what is there
 */
export function resolveKit(specifier: string): string {
  const name = normalize(specifier);
  const path = Object.hasOwn(modules, name) ? modules[name] : undefined;
  if (path !== undefined) return new URL(path, import.meta.url).href;
  const error = new Error(
    `${specifier} is not part of ohos-websocket, which has ${Object.keys(modules).join(', ')}. ` +
      `Bring your own: registerKits({ '${name}': './my-kit.mjs' }) from ohos-websocket/register, ` +
      'in a file that is given to node --import before the program.',
  );
  throw Object.assign(error, { code: 'ERR_MODULE_NOT_FOUND' });
}

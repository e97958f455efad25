/** The platform's module names -> the modules here that stand for them. */
const modules: Readonly<Record<string, string>> = {
  '@kit.NetworkKit': './network-kit.js',
  '@ohos.net.webSocket': './ohos-net-websocket.js',
  '@kit.BasicServicesKit': './basic-services-kit.js',
  '@ohos.base': './basic-services-kit.js',
};

/** The URL of the module that stands for a specifier, if it is one of the platform's. */
export function resolveKit(specifier: string): string | undefined {
  const path = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined;
  return path === undefined ? undefined : new URL(path, import.meta.url).href;
}

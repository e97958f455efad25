/** The name that this client gives itself: major and minor version of the package, which `package.json` has in full. */
export const userAgent = 'ohos-websocket/2.0';

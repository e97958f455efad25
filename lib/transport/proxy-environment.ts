/** The environment as far as `proxy: 'system'` looks at it. */

const names = ['ws_proxy', 'wss_proxy', 'http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'];
const variables = [...names, ...names.map((name) => name.toUpperCase()), 'REQUEST_METHOD'];

/** A copy, for those who connect later than they are asked to: the whole environment would be slow to copy. */
export function proxyEnvironment(): NodeJS.ProcessEnv {
  const environment: NodeJS.ProcessEnv = {};
  for (const name of variables) {
    const value = process.env[name];
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

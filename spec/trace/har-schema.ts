/** HAR 1.2 as data, from its public description (http://www.softwareishard.com/blog/har-12-spec/), and what checks it. */

/** `name?` may be missing; whatever starts with `_` is a custom field. */
type Schema = 'string' | 'number' | 'boolean' | 'date' | { readonly [name: string]: Schema } | readonly [Schema];

const pair = { name: 'string', value: 'string', 'comment?': 'string' } as const;
const cookie = {
  ...pair,
  'path?': 'string',
  'domain?': 'string',
  'expires?': 'date',
  'httpOnly?': 'boolean',
  'secure?': 'boolean',
} as const;
const head = {
  httpVersion: 'string',
  cookies: [cookie],
  headers: [pair],
  headersSize: 'number',
  bodySize: 'number',
  'comment?': 'string',
} as const;
const version = { name: 'string', version: 'string', 'comment?': 'string' } as const;
const cached = { 'expires?': 'date', lastAccess: 'date', eTag: 'string', hitCount: 'number' } as const;

const har: Schema = {
  log: {
    version: 'string',
    creator: version,
    'browser?': version,
    'pages?': [{ startedDateTime: 'date', id: 'string', title: 'string', pageTimings: {} }],
    entries: [
      {
        'pageref?': 'string',
        startedDateTime: 'date',
        time: 'number',
        request: { ...head, method: 'string', url: 'string', queryString: [pair] },
        response: {
          ...head,
          status: 'number',
          statusText: 'string',
          content: {
            size: 'number',
            'compression?': 'number',
            mimeType: 'string',
            'text?': 'string',
            'encoding?': 'string',
          },
          redirectURL: 'string',
        },
        cache: { 'beforeRequest?': cached, 'afterRequest?': cached },
        timings: {
          'blocked?': 'number',
          'dns?': 'number',
          'connect?': 'number',
          send: 'number',
          wait: 'number',
          receive: 'number',
          'ssl?': 'number',
        },
        'serverIPAddress?': 'string',
        'connection?': 'string',
        'comment?': 'string',
      },
    ],
    'comment?': 'string',
  },
};

const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Where a value is not HAR 1.2, each as a path and a sentence. */
export function problemsOfHar(value: unknown): string[] {
  return problems(value, har, 'har');
}

function problems(value: unknown, schema: Schema, path: string): string[] {
  if (schema === 'date') {
    return typeof value === 'string' && isoDate.test(value) ? [] : [`${path} is not a date in ISO 8601`];
  }
  if (typeof schema === 'string') {
    const is = typeof value === schema && (schema !== 'number' || Number.isFinite(value));
    return is ? [] : [`${path} is not a ${schema}`];
  }
  if (isList(schema)) {
    if (!Array.isArray(value)) return [`${path} is not a list`];
    return value.flatMap((one, index) => problems(one, schema[0], `${path}[${index}]`));
  }
  if (typeof value !== 'object' || value === null) return [`${path} is not an object`];
  return problemsOfMembers(value as Record<string, unknown>, schema, path);
}

function isList(schema: Exclude<Schema, string>): schema is readonly [Schema] {
  return Array.isArray(schema);
}

function problemsOfMembers(
  value: Record<string, unknown>,
  schema: { readonly [name: string]: Schema },
  path: string,
): string[] {
  const known = new Map(Object.entries(schema).map(([name, one]) => [name.replace('?', ''), one]));
  const missing = Object.keys(schema).filter((name) => !name.endsWith('?') && value[name] === undefined);
  return [
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, member]) => {
      const one = known.get(name);
      if (one === undefined) return name.startsWith('_') ? [] : [`${path}.${name} is unknown`];
      return member === undefined ? [] : problems(member, one, `${path}.${name}`);
    }),
  ];
}

/** HAR 1.2 as data, from its public description (http://www.softwareishard.com/blog/har-12-spec/), and what checks it. */
import { checkerOf, date, type Structure } from '../structure.js';

const pair = { name: 'string', value: 'string', 'comment?': 'string' } as const;
const cookie = {
  ...pair,
  'path?': 'string',
  'domain?': 'string',
  'expires?': date,
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
const cached = { 'expires?': date, lastAccess: date, eTag: 'string', hitCount: 'number' } as const;

const har: Structure = {
  log: {
    version: 'string',
    creator: version,
    'browser?': version,
    'pages?': [{ startedDateTime: date, id: 'string', title: 'string', pageTimings: {} }],
    entries: [
      {
        'pageref?': 'string',
        startedDateTime: date,
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

export const problemsOfHar = checkerOf('har', har);

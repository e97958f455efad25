import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  isInDomain,
  isSameNetwork,
  matchesWildcards,
  splitHostAndPort,
} from '../../../lib/transport/dial/host-pattern.js';

describe('an entry of a list of hosts', () => {
  const entries: readonly [text: string, host: string, port: number | undefined][] = [
    ['h.test', 'h.test', undefined],
    ['H.test.:80', 'h.test', 80],
    ['[::1]:443', '::1', 443],
    ['[::1]', '::1', undefined],
    ['::1', '::1', undefined],
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['*.alibaba.*:80', '*.alibaba.*', 80],
    ['.example.com', '.example.com', undefined],
  ];
  for (const [text, host, port] of entries) {
    it(`${text} is the host ${host} with ${port === undefined ? 'any port' : `port ${port}`}`, () => {
      assert.deepEqual(splitHostAndPort(text), { host, port });
    });
  }
});

describe('an address', () => {
  it('is the same however it is written, its zone aside', () => {
    assert.ok(isSameNetwork('::1', '0:0:0:0:0:0:0:1'));
    assert.ok(isSameNetwork('fe80::1%eth0', 'fe80::1'));
    assert.ok(!isSameNetwork('127.0.0.1', '127.0.0.2'));
    assert.ok(!isSameNetwork('127.0.0.1', 'localhost'));
    assert.ok(!isSameNetwork('localhost', '127.0.0.1'));
  });

  it('lies in a network that has its leading bits', () => {
    assert.ok(isSameNetwork('10.1.2.3', '10.0.0.0', 8));
    assert.ok(!isSameNetwork('11.1.2.3', '10.0.0.0', 8));
    assert.ok(isSameNetwork('fd00::1', 'fd00::', 16));
    assert.ok(isSameNetwork('1.2.3.4', '0.0.0.0', 0));
    assert.ok(!isSameNetwork('1.2.3.4', '0.0.0.0', 33), 'there are only 32 bits');
    assert.ok(!isSameNetwork('1.2.3.4', 'fd00::', 16));
  });
});

describe('a name', () => {
  it('lies in a domain at a label boundary', () => {
    assert.ok(isInDomain('ample.com', 'ample.com'));
    assert.ok(isInDomain('www.ample.com', 'ample.com'));
    assert.ok(!isInDomain('example.com', 'ample.com'));
    assert.ok(!isInDomain('ample.com', ''));
  });

  it('matches a pattern as a whole', () => {
    for (const [text, pattern] of [
      ['a.alibaba.com', '*.alibaba.*'],
      ['abc', 'a*c'],
      ['ac', 'a*c'],
      ['a', 'a'],
      ['', '*'],
    ] as const)
      assert.ok(matchesWildcards(text, pattern), `${text} ${pattern}`);
    for (const [text, pattern] of [
      ['alibaba.com', '*.alibaba.*'],
      ['a', 'a*a'],
      ['abcd', 'a*c'],
      ['axbx', 'a*b*c'],
    ] as const)
      assert.ok(!matchesWildcards(text, pattern), `${text} ${pattern}`);
  });
});

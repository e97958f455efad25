/** What `lib/audit/README.md` says in numbers, counted. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { clientProbes } from '../../lib/audit/client/client-probes.js';
import { probes } from '../../lib/audit/probes/all.js';
import { auditCommand } from '../../lib/cli/audit/command.js';
import { root } from '../packed/package.js';

const file = join(root, 'lib/audit/README.md');

describe('lib/audit/README.md', { skip: existsSync(file) ? false : 'is not in the package' }, () => {
  const text = existsSync(file) ? readFileSync(file, 'utf8').replace(/\s+/g, ' ') : '';
  const count = (section: string): number => probes.filter((probe) => probe.section === section).length;

  it('has the counts of the probes', () => {
    assert.ok(text.includes(`puts ${probes.length} questions to a WebSocket server`));
    assert.ok(text.includes(`puts ${clientProbes.length} questions to the clients`));
    const parts = [
      `the opening handshake (${count('handshake')})`,
      `framing (${count('frame')})`,
      `fragmented messages (${count('message')})`,
      `UTF-8 (${count('utf8')})`,
      `ping and pong (${count('ping')})`,
      `closing (${count('close')})`,
      `limits (${count('limit')})`,
      `compression (${count('deflate')})`,
    ];
    assert.ok(text.includes(parts.join(', ')), parts.join(', '));
  });

  it('names no option that the command does not have', () => {
    for (const [, name] of text.matchAll(/`(--[a-z-]+)/g)) assert.ok(auditCommand.help.includes(name!), name);
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { escapeMarkup } from '../../../lib/audit/reports/markup.js';

describe('text in markup', () => {
  it('can open no tag, end no attribute and start no entity', () => {
    assert.equal(escapeMarkup(`<a href="x" b='y'>&amp;`), '&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;amp;');
  });

  it('shows control characters and marks of direction as escapes, and keeps line feeds', () => {
    assert.equal(escapeMarkup('a\0\x1b\x9b\r\n\u202eb\ud800'), 'a\\u0000\\u001b\\u009b\\r\n\\u202eb\\ud800');
  });

  it('has no character that XML does not know', () => {
    assert.equal(escapeMarkup('a\ufffe\uffffb'), 'a\ufffd\ufffdb');
  });
});

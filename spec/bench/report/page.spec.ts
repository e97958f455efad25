import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plan } from '../../../bench/plan.js';
import { report } from '../../../bench/report/page.js';
import type { Results } from '../../../bench/results.js';
import { table } from '../../../bench/table.js';
import { chromium, look } from '../../browser/chromium.js';
import { type Reading, reading } from '../../browser/reading.js';

/** A whole plan in which ohos-websocket does everything `factor` times as often as ws does. */
function results(factor: number, machine: { [name: string]: string } = {}): Results {
  return {
    date: '2026-01-02T03:04:05.000Z',
    seconds: 60,
    quick: false,
    command: 'node dist/bench/main.js',
    machine,
    versions: { 'ohos-websocket': '1.2.3', ws: '8.0.0', raw: 'node:net' },
    missing: { libwebsockets: 'not built' },
    skipped: [],
    others: [],
    cells: plan(false).map((cell) => ({
      cell,
      samples: {
        ws: [
          { value: 100, cpu: 10 },
          { value: 50, cpu: 10 },
        ],
        'ohos-websocket': [{ value: 100 * factor, cpu: 5 }, null],
        raw: [{ value: 1000 }, { value: 900 }],
      },
    })),
    codec: [{ name: 'mask 1 KiB', size: 1024, time: { median: 100, min: 90, max: 110, rounds: 3 } }],
  };
}

const skip = chromium === undefined && 'there is no Chromium';

describe('report', () => {
  it('has landmarks, and tables whose headings say what they are for', () => {
    const page = report(results(2));
    assert.match(page, /<body><main>\n<header>/);
    for (const [tag] of page.matchAll(/<(?:section|th)\b[^>]*>/g)) assert.match(tag, / (?:aria-label|scope)="/);
    assert.doesNotMatch(page, /<th[^>]*><\/th>/);
  });

  for (const [width, dark] of [
    [390, false],
    [1280, true],
  ] as const) {
    it(`reads well at ${width} px in ${dark ? 'dark' : 'light'}, in a browser`, { skip }, async () => {
      const page = report(results(2, { Node: 'v20.20.2', Processor: 'word '.repeat(30) }));
      const { sideways, faint } = await look<Reading>(page, { width, dark }, reading);
      assert.deepEqual([sideways, faint], [0, []]);
    });
  }

  it('is one page that loads nothing', () => {
    const page = report(results(2));
    assert.match(page, /^<!doctype html>/);
    assert.doesNotMatch(page, /\b(src|href|url\(|@import|<script|<link)/);
  });

  it('draws every plot with numbers only', () => {
    const page = report(results(2));
    assert.ok(page.split('<svg ').length > 20);
    assert.doesNotMatch(page, /NaN|Infinity|undefined/);
  });

  it('shows the ratio to ws of the rounds in which both were measured', () => {
    assert.match(report(results(7)), /<b>7\.00×<\/b><span>sending 16 B text/);
  });

  it('opens with one picture of every row that has a floor, a dot for each client', () => {
    const page = report(results(5));
    const [picture] = page.slice(page.indexOf('<svg viewBox="0 0 860')).split('</svg>');
    assert.ok(page.indexOf('<svg viewBox="0 0 860') < page.indexOf('class="tiles"'));
    const rows = plan(false).length;
    assert.equal(picture!.split('<circle').length - 1, 2 * rows);
    // Of a rate of 500 to the floor's 1000; of a cost of 75 to the floor's 950 the other way round.
    for (const part of ['>handshakes, TLS resumed<', 'ohos-websocket: 50 %, 500/s', 'ws: 1300 %, 75.0 µs']) {
      assert.ok(picture!.includes(part), part);
    }
  });

  it('has a picture and a table for each further Node of the run', () => {
    const { cells, ...rest } = results(5);
    const page = report({ ...rest, cells, others: [{ node: 'v24.1.0', cells: cells.slice(0, 3) }] });
    assert.match(page, /Node 24\.1\.0: share of raw sockets/);
    assert.match(page, /<h2>All figures on Node 24\.1\.0</);
  });

  it('says what was left out beside the clients', () => {
    const page = report({ ...results(1), skipped: ['the time was over'] });
    assert.ok(page.includes('>Left out</th><td>the time was over</td>'));
  });

  it('escapes what it did not write itself', () => {
    assert.match(report(results(2, { Processor: '<b>&"' })), /&#60;b&#62;&#38;&#34;/);
  });

  it('stands empty runs and lone clients', () => {
    const none = { ...results(1), cells: [], codec: [] };
    assert.match(report(none), /<\/html>\n$/);
    const alone = { ...results(1), cells: plan(true).map((cell) => ({ cell, samples: { undici: [{ value: 5 }] } })) };
    assert.doesNotMatch(report(alone), /NaN|Infinity|undefined/);
  });
});

describe('table', () => {
  it('has a line for each cell with ratio, spreads and processor time', () => {
    const lines = table(results(7)).split('\n');
    assert.equal(lines.filter((line) => line.startsWith('send text ')).length, 6);
    assert.match(
      lines.find((line) => line.startsWith('send text 16 B')) ?? '',
      / 75\.0\/s +700\/s +7\.00 +7\.00–7\.00 +±0 % +0\.50 /,
    );
  });

  it('shows the other Nodes of the run after this one', () => {
    const { cells, ...rest } = results(7);
    const text = table({ ...rest, cells: [], others: [{ node: 'v24.1.0', cells }] });
    assert.ok(text.indexOf('On Node 24.1.0:') < text.indexOf('send text 16 B'));
  });

  it('names what was left out', () => {
    assert.match(table(results(1)), /libwebsockets was left out: not built$/);
    assert.match(table({ ...results(1), skipped: ['no openssl here'] }), /no openssl here$/);
  });
});

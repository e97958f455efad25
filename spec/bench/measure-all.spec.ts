import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clientNames } from '../../bench/clients/names.js';
import { stepsOf } from '../../bench/measure-all.js';
import { readOptions } from '../../bench/options.js';
import { otherNodePlan, plan } from '../../bench/plan.js';
import { type CellResult, measuredCells } from '../../bench/results.js';

const results = (cells: ReturnType<typeof plan>): CellResult[] => cells.map((cell) => ({ cell, samples: {} }));

describe('stepsOf', () => {
  const main = results(plan(false));
  const other = results(otherNodePlan());
  const all = [
    { node: undefined, cells: main },
    { node: '/node', cells: other },
  ];
  const steps = stepsOf(all, clientNames, readOptions([]));

  it('measures every cell and client of both Nodes in the first round', () => {
    const first = steps.filter(({ round }) => round === 0);
    const expected = [...main, ...other].reduce((sum, { cell }) => sum + cell.clients.length, 0);
    assert.equal(first.length, expected);
  });

  it('measures a row on one Node right after the other', () => {
    const at = steps.findIndex(({ node }) => node === '/node');
    const { cell } = steps[at]!.result;
    assert.equal(steps[at - 1]!.node, undefined);
    assert.equal(
      `${steps[at - 1]!.result.cell.row} ${steps[at - 1]!.result.cell.column}`,
      `${cell.row} ${cell.column}`,
    );
  });

  it('lets another client begin in the next round', () => {
    const begins = [0, 1, 2].map((number) => steps.find(({ round, node }) => round === number && !node)!.client);
    assert.ok(begins[0] !== begins[1] && begins[1] === 'ws' && begins[2] === 'ohos-websocket', begins.join());
  });

  it('fits two rounds of all of it into 25 minutes at 1.2 s a sample', () => {
    const two = steps.filter(({ round }) => round < 2).length;
    assert.ok(two * 1.2 < 25 * 60 * 0.95, `${two} samples`);
  });

  it('ends with the rounds that were asked for', () => {
    const two = stepsOf(all, clientNames, readOptions(['--rounds', '2']));
    assert.equal(Math.max(...two.map(({ round }) => round)), 1);
  });
});

describe('plan', () => {
  it('names every cell once', () => {
    for (const cells of [plan(false), plan(true), otherNodePlan()]) {
      const names = cells.map(({ row, column }) => `${row} ${column}`);
      assert.equal(new Set(names).size, names.length);
    }
  });

  it('asks the prototype, which knows no TLS, for nothing over it', () => {
    const secure = plan(false).filter((cell) => cell.secure);
    assert.ok(secure.length > 0 && secure.every(({ clients }) => !clients.includes('prototype')));
  });
});

describe('measuredCells', () => {
  it('leaves out those that no client had its turn in, or only failed in', () => {
    const [cell] = plan(true);
    const measured = { cell: cell!, samples: { ws: [null, { value: 1 }] } };
    const failed = { cell: cell!, samples: { ws: [null], raw: [null] } };
    assert.deepEqual(measuredCells([{ cell: cell!, samples: {} }, failed, measured]), [measured]);
  });
});

describe('readOptions', () => {
  it('gives a comparison of some rows five minutes, a whole run 25', () => {
    assert.equal(readOptions(['--compare', 'HEAD', '--only', 'send']).minutes, 5);
    assert.equal(readOptions(['--compare', 'HEAD']).minutes, 25);
    assert.equal(readOptions([]).minutes, 25);
    assert.equal(readOptions(['--quick']).minutes, 2);
    assert.equal(readOptions(['--minutes', '0.5']).minutes, 0.5);
    assert.throws(() => readOptions(['--minutes', 'few']), /--minutes/);
  });

  it('takes another Node for a comparison only', () => {
    assert.equal(readOptions(['--compare', 'HEAD', '--node', '24']).node, '24');
    assert.throws(() => readOptions(['--node', '24']), /--node: only with --compare/);
  });

  it('looks for the prototype beside the checkout unless it is named', () => {
    assert.match(readOptions([]).prototype, /shared\/prototype\/prototype\.mjs$/);
    assert.equal(readOptions(['--prototype', '/a/b.mjs']).prototype, '/a/b.mjs');
  });
});

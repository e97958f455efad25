import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StepDeadline } from '../../lib/protocol/step-deadline.js';

describe('the deadline of a step', () => {
  it('stays where it is while nothing leaves', () => {
    const deadline = new StepDeadline(1000, 50, 500);
    assert.equal(deadline.due, 1050);
    assert.equal(deadline.waits, true);
  });

  it('moves with what leaves in front of its frame, and runs from the moment in which the frame has left', () => {
    const deadline = new StepDeadline(1000, 0, 500);
    deadline.written(499, 300, 70);
    assert.deepEqual([deadline.due, deadline.waits], [1300, true]);
    deadline.written(500, 400, 70); // and is on its way for 70 ms
    assert.deepEqual([deadline.due, deadline.waits], [1470, false]);
    deadline.written(900, 800, 70);
    assert.equal(deadline.due, 1470);
  });

  it('runs at once when nothing has to leave first', () => {
    const deadline = new StepDeadline(1000, 0);
    deadline.written(10, 500, 0);
    assert.deepEqual([deadline.due, deadline.waits], [1000, false]);
  });

  it('is moved by another sign of life, and never back', () => {
    const deadline = new StepDeadline(1000, 0);
    deadline.move(200);
    assert.equal(deadline.due, 1200);
    deadline.move(100);
    assert.equal(deadline.due, 1200);
  });
});

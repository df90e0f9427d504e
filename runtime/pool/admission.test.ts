import { describe, expect, test } from 'vitest';
import type { Invocation } from '../invocation.ts';
import { Admission } from './admission.ts';
import type { ThreadFunction } from './messages.ts';
import { Pending, PooledFunction, type QueueLimits } from './pending.ts';

const RECEIVER = { head: () => undefined, chunk: () => undefined, end: () => undefined, failed: () => undefined };

function fn(name: string, limits: Partial<QueueLimits> = {}): PooledFunction {
  // Admission reads nothing of a definition but the name, for its messages.
  return new PooledFunction(1, { name } as ThreadFunction, { queueLength: 100, queueTimeoutMs: 250, ...limits });
}

function pending(of: PooledFunction, id = 'id', admittedAtMs = 0): Pending {
  const invocation: Invocation = { id, event: { trigger: 'invoke', event: null } };
  return new Pending(of, invocation, RECEIVER, admittedAtMs);
}

function drain(admission: Admission): string[] {
  const ids: string[] = [];
  for (let next = admission.next(); next !== undefined; next = admission.next()) ids.push(next.invocation.id);
  return ids;
}

describe('a queue', () => {
  test.for([
    { length: 1, admitted: 1 },
    { length: 2, admitted: 2 },
    { length: 3, admitted: 2 },
  ])('of 2 places takes $admitted of $length invocations', ({ length, admitted }) => {
    const admission = new Admission(100);
    const tax = fn('tax', { queueLength: 2 });
    const refusals = Array.from({ length }, () => admission.admit(pending(tax)));
    expect(refusals.filter((refused) => refused === undefined)).toHaveLength(admitted);
    expect(admission.waiting).toBe(admitted);
    for (const refused of refusals.slice(admitted)) {
      expect(refused).toMatchObject({ code: 'ERR_QUEUE_FULL', details: { queueLength: 2 } });
      expect(refused!.message).toContain('function "tax" has 2 invocations waiting, its limits.queue');
    }
  });

  test('of 0 places takes none', () => {
    expect(new Admission(100).admit(pending(fn('tax', { queueLength: 0 })))?.code).toBe('ERR_QUEUE_FULL');
    expect(new Admission(0).admit(pending(fn('tax')))?.code).toBe('ERR_QUEUE_FULL');
  });

  test('of the pool bounds all functions together', () => {
    const admission = new Admission(3);
    const functions = ['a', 'b', 'c', 'd'].map((name) => fn(name));
    const codes = functions.map((of) => admission.admit(pending(of))?.code);
    expect(codes).toEqual([undefined, undefined, undefined, 'ERR_QUEUE_FULL']);
    expect(admission.next()).toBeDefined();
    expect(admission.admit(pending(functions[3]!))).toBeUndefined();
  });

  test('has a place again when one is served, leaves or expires', () => {
    const admission = new Admission(100);
    const tax = fn('tax', { queueLength: 1, queueTimeoutMs: 10 });
    const first = pending(tax);
    admission.admit(first);
    admission.next();
    const second = pending(tax);
    expect(admission.admit(second)).toBeUndefined();
    admission.remove(second);
    const third = pending(tax, 'third', 0);
    expect(admission.admit(third)).toBeUndefined();
    expect(admission.takeExpired(10)).toEqual([third]);
    expect(admission.admit(pending(tax))).toBeUndefined();
    expect(admission.waiting).toBe(1);
  });
});

describe('the order', () => {
  test('is one of each function in turn, and within a function that of arrival', () => {
    const admission = new Admission(100);
    const [a, b, c] = [fn('a'), fn('b'), fn('c')];
    for (const id of ['a1', 'a2', 'a3', 'a4']) admission.admit(pending(a, id));
    for (const id of ['b1', 'b2']) admission.admit(pending(b, id));
    admission.admit(pending(c, 'c1'));
    expect(drain(admission)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    expect(admission.waiting).toBe(0);
  });

  test('puts who was taken back before those of its function, past any limit', () => {
    const admission = new Admission(2);
    const a = fn('a', { queueLength: 2 });
    for (const id of ['a3', 'a4']) admission.admit(pending(a, id));
    for (const id of ['a2', 'a1']) admission.readmit(pending(a, id));
    expect(admission.waiting).toBe(4);
    expect(admission.admit(pending(a))?.code).toBe('ERR_QUEUE_FULL');
    expect(drain(admission)).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  test('closes over one that leaves from the middle', () => {
    const admission = new Admission(100);
    const [a, b] = [fn('a'), fn('b')];
    const all = ['a1', 'a2', 'a3'].map((id) => pending(a, id));
    for (const one of all) admission.admit(one);
    const only = pending(b, 'b1');
    admission.admit(only);
    admission.remove(all[1]!);
    admission.remove(only);
    // Neither a second time nor after it was served does it count.
    admission.remove(only);
    expect(admission.waiting).toBe(2);
    expect(drain(admission)).toEqual(['a1', 'a3']);
    admission.remove(all[0]!);
    expect(admission.waiting).toBe(0);
  });
});

describe('the queue timeout', () => {
  test.for([
    { nowMs: 9, expired: [] },
    { nowMs: 10, expired: ['a1'] },
    { nowMs: 11, expired: ['a1'] },
    { nowMs: 12, expired: ['a1', 'a2'] },
    { nowMs: 30, expired: ['a1', 'a2', 'b1'] },
  ])('has passed at $nowMs ms for $expired', ({ nowMs, expired }) => {
    const admission = new Admission(100);
    const [a, b] = [fn('a', { queueTimeoutMs: 10 }), fn('b', { queueTimeoutMs: 30 })];
    admission.admit(pending(a, 'a1', 0));
    admission.admit(pending(b, 'b1', 0));
    admission.admit(pending(a, 'a2', 2));
    expect(admission.takeExpired(nowMs).map(({ invocation }) => invocation.id)).toEqual(expired);
    expect(admission.waiting).toBe(3 - expired.length);
    expect(drain(admission)).toHaveLength(3 - expired.length);
  });
});

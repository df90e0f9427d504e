import { expect, test } from 'vitest';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { Task, type TaskScheduler } from './task.ts';

function newTask(): { task: Task; calls: string[]; cancel: () => void } {
  const calls: string[] = [];
  let isCancelled = false;
  const scheduler: TaskScheduler = {
    isCancelled: () => isCancelled,
    yieldTurn: () => undefined,
    leave: () => void calls.push('leave'),
    comeBack(task) {
      calls.push('comeBack');
      return task.aside();
    },
  };
  // Nothing here asks its sandbox.
  const sandbox = { isOverdue: false } as Sandbox;
  const task = new Task({ ticket: 1, functionId: 1, startedAtMs: 0, sandbox }, scheduler);
  return { task, calls, cancel: () => (isCancelled = true) };
}

test('gives up the thread while it waits and has it back when it is resumed', async () => {
  const { task, calls } = newTask();
  void task.startWaiting();
  expect(calls).toEqual(['leave']);
  const back = task.endWaiting();
  expect(calls).toEqual(['leave', 'comeBack']);
  task.resume();
  await back;
});

test('stops waiting when it is cancelled', async () => {
  const { task, cancel } = newTask();
  const woken = task.startWaiting();
  cancel();
  task.wakeFromWait();
  await woken;
  expect(task.mustStop).toBe(true);
});

test('does not begin to wait when it has been cancelled since its last check', async () => {
  const { task, cancel } = newTask();
  cancel();
  await expect(task.startWaiting()).resolves.toBeUndefined();
});

test('is not woken after its wait is over', () => {
  const { task } = newTask();
  void task.startWaiting();
  void task.endWaiting();
  expect(() => task.wakeFromWait()).not.toThrow();
});

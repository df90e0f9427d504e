// Wakes this thread every fraction of a millisecond, which is finer than timers go, without keeping a core busy: on a
// small machine that core is the server's.

import { Worker } from 'node:worker_threads';

/** The most by which a request is sent late because of the clock; every answer that arrives is a beat as well. */
const BEAT_MS = 0.2;

/** @returns what stops it */
export function startMetronome(onBeat: () => void): () => void {
  const thread = new Worker(new URL('./metronome-thread.ts', import.meta.url), { workerData: BEAT_MS });
  thread.on('message', onBeat);
  return () => void thread.terminate();
}

// The thread of the metronome: sleeps by waiting for what never comes.

import { parentPort, workerData } from 'node:worker_threads';

const beatMs = Number(workerData);
const never = new Int32Array(new SharedArrayBuffer(4));
for (;;) {
  Atomics.wait(never, 0, 0, beatMs);
  parentPort!.postMessage(undefined);
}

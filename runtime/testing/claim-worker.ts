// A worker thread that tries to start every job it is offered, round after round; see control-block.test.ts.

import { workerData } from 'node:worker_threads';
import { ControlBlock, SLOTS, toTicket } from '../pool/control-block.ts';

export interface ClaimRace {
  readonly control: SharedArrayBuffer;
  /** The round that may begin, and the one that the worker has ended. */
  readonly rounds: SharedArrayBuffer;
  /** For each round and slot: 1 if the worker started the job. */
  readonly started: SharedArrayBuffer;
  readonly roundCount: number;
}

const { control: buffer, rounds: roundsBuffer, started: startedBuffer, roundCount } = workerData as ClaimRace;
const control = new ControlBlock(buffer);
const rounds = new Int32Array(roundsBuffer);
const started = new Uint8Array(startedBuffer);

for (let round = 1; round <= roundCount; round++) {
  Atomics.wait(rounds, 0, round - 1);
  for (let slot = 0; slot < SLOTS; slot++) {
    if (control.start(toTicket(round, slot), 0)) started[(round - 1) * SLOTS + slot] = 1;
  }
  Atomics.store(rounds, 1, round);
  Atomics.notify(rounds, 1);
}

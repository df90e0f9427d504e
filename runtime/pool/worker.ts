// What runs in a worker thread: takes batches of jobs from its port, runs each in its function's sandbox and answers at
// once. Occupies its thread for good, as one endless task of the pool that owns the threads.

import type { MessagePort } from 'node:worker_threads';
import { contractByName } from '../contract/contracts.ts';
import { InvocationError, toErrorMessage } from '../errors.ts';
import type { InvocationEvent } from '../invocation.ts';
import { standardHostModules } from '../sandbox/host-modules.ts';
import { type Outcome, Sandbox } from '../sandbox/sandbox.ts';
import { ControlBlock } from './control-block.ts';
import {
  type AnswerParts,
  type FromThread,
  type Job,
  packBytes,
  type PackedEvent,
  type ThreadFunction,
  type ThreadInit,
  type ToThread,
  unpackBytes,
} from './messages.ts';
import { monotonicMs } from './monotonic-clock.ts';

interface Loaded {
  readonly definition: ThreadFunction;
  readonly sandbox: Sandbox;
}

/** Never resolves: a thread is ended from outside. */
export default function occupyThread(init: ThreadInit): Promise<never> {
  const worker = new Worker(init);
  init.port.on('message', (message: ToThread) => worker.receive(message));
  init.port.postMessage({ kind: 'ready' } satisfies FromThread);
  return new Promise(() => undefined);
}

class Worker {
  readonly #port: MessagePort;
  readonly #control: ControlBlock;
  readonly #functions = new Map<number, Loaded>();
  readonly #hostModules = standardHostModules();

  constructor({ port, control }: ThreadInit) {
    this.#port = port;
    this.#control = new ControlBlock(control);
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case 'load':
        this.#load(message.functionId, message.definition);
        break;
      case 'unload':
        this.#functions.delete(message.functionId);
        break;
      case 'run':
        for (const job of message.jobs) this.#run(job);
        break;
    }
  }

  #load(functionId: number, definition: ThreadFunction): void {
    const sandbox = new Sandbox({
      functionName: definition.name,
      kind: definition.kind,
      module: definition.module,
      contract: contractByName(definition.contract),
      hostModules: this.#hostModules,
      env: definition.env,
      outputBytes: definition.outputBytes,
    });
    this.#functions.set(functionId, { definition, sandbox });
  }

  #run([ticket, functionId, id, event, trace]: Job): void {
    const startedAtMs = monotonicMs();
    // Revoked meanwhile: its client left, or another thread took it.
    if (!this.#control.start(ticket, startedAtMs)) return;
    // The main thread unloads a function only when none of its jobs is left.
    const { definition, sandbox } = this.#functions.get(functionId)!;
    const outcome = sandbox.run({
      id,
      functionName: definition.name,
      event: unpackEvent(event),
      trace,
      deadlineMs: definition.wallMs,
    });
    const transfer: ArrayBuffer[] = [];
    const answer = toAnswerParts(ticket, startedAtMs, outcome, transfer);
    // In this order: a thread that is ended between the two has answered.
    this.#port.postMessage(answer, transfer);
    this.#control.finish();
  }
}

function unpackEvent(event: PackedEvent): InvocationEvent {
  return event.trigger === 'http' ? { ...event, body: unpackBytes(event.body) } : event;
}

function toAnswerParts(ticket: number, startedAtMs: number, outcome: Outcome, transfer: ArrayBuffer[]): AnswerParts {
  const { result, cost, logs, droppedLogLines } = outcome;
  if (result instanceof InvocationError) {
    return [ticket, null, null, { error: toErrorMessage(result), startedAtMs, cost, logs, droppedLogLines }];
  }
  const end = { error: null, startedAtMs, cost, logs, droppedLogLines };
  return [ticket, [result.status, result.headers], packBytes(result.body, transfer), end];
}

// What runs in a worker thread: takes messages from its port and hands jobs to the scheduler. Occupies its thread for
// good, as one endless task of the pool that owns the threads.

import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { Countdown } from '../sandbox/countdown.ts';
import { standardHostModules } from '../sandbox/host-modules.ts';
import { LiveMemories } from '../sandbox/live-memories.ts';
import type { SandboxThread } from '../sandbox/sandbox.ts';
import { ControlBlock } from './control-block.ts';
import { FunctionSandboxes } from './function-sandboxes.ts';
import type { FromThread, ThreadInit, ToThread } from './messages.ts';
import { Scheduler } from './scheduler.ts';

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
  readonly #functions = new Map<number, FunctionSandboxes>();
  readonly #thread: SandboxThread;
  readonly #scheduler: Scheduler;

  constructor({ port, control, countdown }: ThreadInit) {
    this.#port = port;
    this.#control = new ControlBlock(control);
    this.#thread = {
      countdown: new Countdown(countdown),
      memories: new LiveMemories(),
      hostModules: standardHostModules(),
    };
    this.#scheduler = new Scheduler({
      control: this.#control,
      functions: this.#functions,
      send: (answers, transfer) => port.postMessage({ kind: 'answers', answers } satisfies FromThread, transfer),
      receiveMore: () => this.#receiveMore(),
    });
  }

  receive(message: ToThread): void {
    this.#take(message);
    this.#scheduler.wake();
  }

  /** Without returning to the event loop. */
  #receiveMore(): void {
    for (let next = receiveMessageOnPort(this.#port); next !== undefined; next = receiveMessageOnPort(this.#port)) {
      this.#take(next.message as ToThread);
    }
  }

  #take(message: ToThread): void {
    this.#control.messageTaken();
    switch (message.kind) {
      case 'load':
        this.#functions.set(message.functionId, new FunctionSandboxes(message.definition, this.#thread));
        break;
      case 'unload':
        this.#functions.delete(message.functionId);
        break;
      case 'run':
        this.#scheduler.enqueue(message.jobs);
        break;
      case 'cancel':
        this.#scheduler.cancelled();
        break;
    }
  }
}

// The warm sandboxes of one function on one thread. Worker thread only.

import { contractByName } from '../contract/contracts.ts';
import { Sandbox, type SandboxThread } from '../sandbox/sandbox.ts';
import type { ThreadFunction } from './messages.ts';

/** Idle sandboxes that are kept; more than one is needed only while invocations overlap. */
const MAX_IDLE = 16;

export class FunctionSandboxes {
  readonly definition: ThreadFunction;
  readonly #thread: SandboxThread;
  readonly #idle: Sandbox[] = [];

  constructor(definition: ThreadFunction, thread: SandboxThread) {
    this.definition = definition;
    this.#thread = thread;
  }

  acquire(): Sandbox {
    return this.#idle.pop() ?? this.#create();
  }

  release(sandbox: Sandbox): void {
    if (this.#idle.length < MAX_IDLE) this.#idle.push(sandbox);
  }

  #create(): Sandbox {
    const { name, prepared, contract, env, state, limits } = this.definition;
    return new Sandbox(
      { functionName: name, prepared, contract: contractByName(contract), env, state, limits },
      this.#thread,
    );
  }
}

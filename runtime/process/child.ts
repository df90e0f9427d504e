// What runs in the process of isolated functions: a whole runtime behind a link. Holds nothing that would need an orderly
// end, and so ends with its parent, at once and for certain.

import { writeFile } from 'node:fs';
import { Socket } from 'node:net';
import { ModuleError, toErrorMessage } from '../errors.ts';
import type { AnswerReceiver } from '../invocation.ts';
import { packBytes, unpackEvent } from '../pool/messages.ts';
import { type LoadedFunction, Runtime } from '../runtime.ts';
import { Link, LINK_FD } from './link.ts';
import type { FromGuestProcess, ToGuestProcess } from './messages.ts';

// Ctrl-C and a service manager signal the parent and us; the parent drains, and needs us for that.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

// When the machine runs out of memory, the kernel shall take this process and not its parent. Elsewhere than on Linux,
// there is no such file.
writeFile('/proc/self/oom_score_adj', '1000', () => undefined);

/** `exit()` waits for threads, and one that is deep in an instruction of its guest does not end when asked. */
function endAtOnce(): void {
  process.kill(process.pid, 'SIGKILL');
}

class GuestHost {
  readonly #link: Link<FromGuestProcess>;
  readonly #functions = new Map<number, LoadedFunction>();
  readonly #cancels = new Map<number, () => void>();
  #runtime: Promise<Runtime> | undefined;
  #readyThreads = (): number => 0;

  constructor(stream: Socket) {
    this.#link = new Link<FromGuestProcess>(stream, {
      // The parent is what we trust.
      received: (messages) => (messages as readonly ToGuestProcess[]).forEach((message) => this.#take(message)),
      garbled: endAtOnce,
      closed: endAtOnce,
    });
  }

  #take(message: ToGuestProcess): void {
    switch (message.kind) {
      case 'open':
        this.#runtime = this.#open(message);
        break;
      case 'load':
        void this.#load(message);
        break;
      case 'unload':
        void this.#functions.get(message.functionId)?.unload();
        this.#functions.delete(message.functionId);
        break;
      case 'invoke':
        this.#invoke(message);
        break;
      case 'cancel':
        this.#cancels.get(message.callId)?.();
        this.#cancels.delete(message.callId);
        break;
      case 'ping':
        this.#sayAlive();
        break;
    }
  }

  async #open({ threads, queueLength }: ToGuestProcess & { kind: 'open' }): Promise<Runtime> {
    const runtime = await Runtime.open({
      threads,
      queueLength,
      observer: {
        threadReplaced: (reason, functionName, cause) =>
          this.#link.send({ kind: 'threadReplaced', reason, functionName, causeMessage: cause?.message }),
      },
    });
    this.#readyThreads = () => runtime.readyThreads;
    this.#sayAlive();
    return runtime;
  }

  async #load({ functionId, definition, module }: ToGuestProcess & { kind: 'load' }): Promise<void> {
    const runtime = await this.#runtime!;
    try {
      const fn = await runtime.load(definition, module);
      this.#functions.set(functionId, fn);
      this.#link.send({ kind: 'loaded', functionId, facts: fn.facts });
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      this.#link.send({ kind: 'refused', functionId, error: toErrorMessage(error) });
    }
  }

  #invoke({ callId, functionId, id, event, trace }: ToGuestProcess & { kind: 'invoke' }): void {
    const invocation = { id, event: unpackEvent(event), ...(trace === undefined ? {} : { trace }) };
    const cancel = this.#functions.get(functionId)!.invoke(invocation, this.#receiver(callId));
    this.#cancels.set(callId, cancel);
  }

  #receiver(callId: number): AnswerReceiver {
    const link = this.#link;
    return {
      head: (status, headers) => link.send({ kind: 'head', callId, status, headers }),
      chunk: (bytes) => link.send({ kind: 'chunk', callId, bytes: packBytes(bytes, []) }, bytes.byteLength),
      end: (report) => {
        this.#cancels.delete(callId);
        link.send({ kind: 'end', callId, report });
      },
      failed: (error, report) => {
        this.#cancels.delete(callId);
        link.send({ kind: 'failed', callId, error: toErrorMessage(error), report });
      },
    };
  }

  #sayAlive(): void {
    this.#link.send({ kind: 'alive', readyThreads: this.#readyThreads() });
  }
}

void new GuestHost(new Socket({ fd: LINK_FD }));

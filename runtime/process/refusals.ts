// Why an invocation of an isolated function has no answer from its process, in words.

import { InvocationError, ModuleError } from '../errors.ts';
import type { IsolatedFunction } from './isolated-function.ts';

export function processLost({ definition }: IsolatedFunction, cause: Error): InvocationError {
  const message = `function "${definition.name}" was running in a process that is gone, ${cause.message}: try again`;
  return new InvocationError('ERR_PROCESS_LOST', message, {}, { cause });
}

export function queueTimeout({ definition: { name, limits } }: IsolatedFunction): InvocationError {
  const { queueTimeoutMs } = limits;
  const message = `function "${name}" got no process within ${queueTimeoutMs} ms: try again later, or raise limits.queueTimeout`;
  return new InvocationError('ERR_QUEUE_TIMEOUT', message, { queueTimeoutMs });
}

export function functionQueueFull({ definition: { name, limits } }: IsolatedFunction): InvocationError {
  const { queueLength } = limits;
  const message = `function "${name}" has ${queueLength} invocations waiting, its limits.queue: try again later, or raise it`;
  return new InvocationError('ERR_QUEUE_FULL', message, { queueLength });
}

export function poolQueueFull(queueLength: number): InvocationError {
  const message = `${queueLength} invocations wait for the process of isolated functions, its pool.queue: try again later, or raise it`;
  return new InvocationError('ERR_QUEUE_FULL', message, { queueLength });
}

export function processFull(maxCalls: number): InvocationError {
  const message = `the process of isolated functions has ${maxCalls} invocations, its most: try again later, or raise pool.queue or pool.threads`;
  return new InvocationError('ERR_QUEUE_FULL', message, { maxCalls });
}

export function draining(): InvocationError {
  return new InvocationError('ERR_DRAINING', 'the gateway is shutting down: try again with another one', {});
}

export function answerTooLarge({ definition: { name, limits } }: IsolatedFunction): Error {
  return new Error(`it sent an answer of function "${name}" that is over limits.output, ${limits.outputBytes} bytes`);
}

export function endsProcesses({ definition: { modulePath } }: IsolatedFunction, lost: number): ModuleError {
  const message = `module ${modulePath} was being loaded when ${lost} processes in a row ended: do not serve it, or check whether the machine has memory for it`;
  return new ModuleError('ERR_MODULE_COMPILE', message, { path: modulePath, processesLost: lost });
}

// The thread that rewrites and compiles; see compiler.ts.

import { parentPort } from 'node:worker_threads';
import { ModuleError } from '../errors.ts';
import { PAGE_BYTES } from '../instrument/types.ts';
import { instrument } from '../instrument/instrument.ts';
import type { Compiled, CompileReply, CompileRequest } from './compiler.ts';

parentPort!.on('message', (request: CompileRequest) => {
  let reply: CompileReply;
  try {
    reply = { id: request.id, compiled: compile(request) };
  } catch (error) {
    const { message } = error as Error;
    const code = error instanceof ModuleError ? error.code : 'ERR_MODULE_MALFORMED';
    reply = { id: request.id, error: { code, message } };
  }
  parentPort!.postMessage(reply);
});

function compile({ bytes, memoryBytes, tableEntries, isMetered }: CompileRequest): Compiled {
  // The original has to be valid by itself: what it may name must not include what the rewriting adds.
  void new WebAssembly.Module(bytes);
  const instrumented = instrument(bytes, {
    importMemory: { maxPages: memoryBytes / PAGE_BYTES },
    maxTableEntries: tableEntries,
    interrupt: true,
    // The host sets the counter before any code runs.
    ...(isMetered ? { fuel: { initial: 0n } } : {}),
    exportState: true,
    exportStart: true,
  });
  const { memory, startExport, state } = instrumented.facts;
  // The inspection has seen that there is a memory, and the pass for the state has run.
  return { module: new WebAssembly.Module(instrumented.bytes), memory: memory!, startExport, state: state! };
}

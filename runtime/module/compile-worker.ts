// The thread that compiles; see compiler.ts.

import { parentPort } from 'node:worker_threads';
import type { CompileReply, CompileRequest } from './compiler.ts';

parentPort!.on('message', ({ id, bytes }: CompileRequest) => {
  let reply: CompileReply;
  try {
    reply = { id, module: new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>) };
  } catch (error) {
    reply = { id, error: (error as Error).message };
  }
  parentPort!.postMessage(reply);
});

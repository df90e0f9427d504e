// Programs to run in the place of the process of isolated functions, which do not keep to the protocol.

import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Writes a program into a new temporary folder; answers its path. */
export async function writeEntry(script: string): Promise<string> {
  const entry = join(await mkdtemp(join(tmpdir(), 'wasmgate-process-')), 'entry.mjs');
  await writeFile(entry, script);
  return entry;
}

const FRAME = `
  import { writeSync } from 'node:fs';
  import { Socket } from 'node:net';
  import { serialize } from 'node:v8';
  function frameOf(value) {
    const frame = serialize(value);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frame.byteLength);
    return Buffer.concat([length, frame]);
  }`;

/** Sends a value, given as JavaScript, and stays. */
export function sending(value: string): string {
  return `${FRAME} writeSync(3, frameOf(${value})); setInterval(() => undefined, 1000);`;
}

/** Sends a value, given as JavaScript, as soon as it is told anything. */
export function answering(value: string): string {
  return `${FRAME} const link = new Socket({ fd: 3 }); link.once('data', () => link.write(frameOf(${value})));`;
}

import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, test } from 'vitest';
import { collectAnswer } from '../runtime/collect-answer.ts';
import { Runtime } from '../runtime/runtime.ts';
import { compileWat, printing } from '../runtime/testing/guests.ts';
import { parseConfig } from './config/load.ts';
import { ConfigError } from './config/problems.ts';
import { buildSite, type Site } from './site.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from './testing/temporary-folder.ts';

const WASM = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const COMPONENT = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const MEMORY = '(memory (export "memory") 1)';

let runtime: Runtime;
let folder: TemporaryFolder;

beforeAll(async () => {
  runtime = await Runtime.open({ threads: 1, queueLength: 10, observer: { threadReplaced: () => undefined } });
});
afterAll(() => runtime.close());
beforeEach(async () => {
  folder = await temporaryFolder({
    good: printing('{"body":"good"}'),
    entryless: `(module ${MEMORY})`,
    memoryless: '(module (func (export "_start")))',
    misnamed: `(module (import "env" "now" (func)) ${MEMORY} (func (export "_start")))`,
    mistyped: `(module ${MEMORY} (func (export "_start") (param i32)))`,
    hungry: '(module (memory (export "memory") 2000) (func (export "_start")))',
    tabled: `(module ${MEMORY} (table 10000000 funcref) (func (export "_start")))`,
  });
});
afterEach(() => folder.remove());

async function build(names: readonly string[]): Promise<Site> {
  const config = await parseConfig(configOf(names), folder.join('wasmgate.yaml'));
  return buildSite(config, runtime, () => undefined);
}

async function problemsOf(names: readonly string[]): Promise<ConfigError['problems']> {
  const outcome = await build(names).catch((error: unknown) => error);
  if (!(outcome instanceof ConfigError)) throw new TypeError(`not refused: ${String(outcome)}`);
  return outcome.problems;
}

/** Whether a good module still can be loaded and invoked. */
async function expectGood(): Promise<void> {
  const site = await build(['good']);
  const answer = await collectAnswer(site.functions.get('good')!, {
    id: 'id',
    event: { trigger: 'invoke', event: null },
  });
  expect(answer.ok && answer.body.toString()).toBe('good');
  await site.close();
}

describe('a site', () => {
  test.for([
    { name: 'absent', what: 'a file that is missing', says: /absent\.wasm is missing: give the path/ },
    { name: 'directory', what: 'a directory', says: /directory\.wasm.*directory/ },
    { name: 'fifo', what: 'a FIFO', says: /fifo\.wasm.*regular file/ },
    { name: 'empty', what: 'an empty file', says: /empty|0 bytes/ },
    { name: 'text', what: 'a text file', says: /starts with 68 65 6c 6c, not with 00 61 73 6d/ },
    { name: 'version', what: 'version 2', says: /version/ },
    { name: 'truncated', what: 'a module that is cut off', says: /at byte 10: .*cut off/ },
    { name: 'component', what: 'a component', says: /component/ },
    { name: 'entryless', what: 'a module without entry point', says: /_start.*handle|handle.*_start/ },
    { name: 'mistyped', what: 'a _start with a parameter', says: /_start/ },
    { name: 'memoryless', what: 'a module without memory', says: /memory/ },
    { name: 'misnamed', what: 'an unknown import', says: /env\.now/ },
    { name: 'hungry', what: 'a memory beyond the limit', says: /125 MiB.*64 MiB|64 MiB.*125 MiB/ },
    { name: 'tabled', what: 'a table of ten million', says: /10,?000,?000.*10,?000/ },
  ])('refuses $what, and names the function and its place', async ({ name, says }) => {
    await mkdir(folder.join('directory.wasm'));
    execFileSync('mkfifo', [folder.join('fifo.wasm')]);
    await folder.write('empty.wasm', '');
    await folder.write('text.wasm', 'hello, this is no module\n');
    await folder.write('version.wasm', Uint8Array.of(...WASM.slice(0, 4), 2, 0, 0, 0));
    await folder.write('truncated.wasm', Uint8Array.of(...WASM, 1, 100, 1));
    await folder.write('component.wasm', Uint8Array.of(...COMPONENT));

    const [problem, ...others] = await problemsOf([name]);
    expect(others).toEqual([]);
    expect(problem!.message).toMatch(new RegExp(`^function "${name}": [^A-Z]`));
    expect(problem!.message).toMatch(says);
    expect(problem!.at).toMatchObject({ file: expect.stringContaining('wasmgate.yaml'), line: 5 });
    await expectGood();
  });

  test('refuses several modules at once, each with its place, in the order of the file', async () => {
    const problems = await problemsOf(['misnamed', 'good', 'absent', 'entryless']);
    expect(problems.map(({ at, message }) => [at.line, /^function "(\w+)"/.exec(message)?.[1]])).toEqual([
      [5, 'misnamed'],
      [7, 'absent'],
      [8, 'entryless'],
    ]);
    await expectGood();
  });

  test('escapes what a module says of itself', async () => {
    const source = `(module (import "\\1b[31m" "a\\0ab" (func)) ${MEMORY} (func (export "_start")))`;
    await writeFile(folder.join('coloured.wasm'), await compileWat(source));
    const [problem] = await problemsOf(['coloured']);
    // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(problem!.message).not.toMatch(/[\u0000-\u001f]/);
  });

  test('keeps the module that it has loaded when the file is replaced', async () => {
    const site = await build(['good']);
    await writeFile(folder.join('good.wasm'), 'no module any more');
    const invocation = { id: 'id', event: { trigger: 'invoke', event: null } } as const;
    const answer = await collectAnswer(site.functions.get('good')!, invocation);
    expect(answer.ok && answer.body.toString()).toBe('good');
    await site.close();
  });
});

// The WebAssembly specification tests on instrumented modules: in V8, and in wabt's interpreter, which sees what the
// boundary to JavaScript hides (NaN payloads, vectors). The tests are not part of this repository: WASM_SPEC_TESTS names
// the folder of their .wast files, and Debian's package wabt brings the two programs.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BinaryWriter } from './binary-writer.ts';
import { COUNTDOWN_IMPORT, HOST_MODULE, INTERRUPT_IMPORT } from './host-names.ts';
import type { ImportedMemory } from './import-memory.ts';
import type { InstrumentOptions } from './instrument.ts';
import { instrument } from './instrument.ts';
import type { Command, Prepared, Script } from './test-spec-script.ts';
import { runScript } from './test-spec-script.ts';

const SCRIPT_COUNT = 142;
const folder = process.env['WASM_SPEC_TESTS'];
const run = promisify(execFile);

function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const missing = [
  ...(folder === undefined ? ['WASM_SPEC_TESTS (the folder of the .wast files)'] : []),
  ...['wast2json', 'spectest-interp'].filter((program) => !isInstalled(program)),
];
const reason = missing.length === 0 ? '' : ` SKIPPED, missing: ${missing.join(', ')}`;

if (missing.length > 0) process.stderr.write(`${SCRIPT_COUNT} scripts of the specification:${reason}\n`);

const FUEL = { initial: 2n ** 62n };
const PASSES: readonly { name: string; options: InstrumentOptions }[] = [
  { name: 'interrupt', options: { interrupt: true } },
  { name: 'fuel', options: { fuel: FUEL } },
  {
    name: 'all passes',
    options: {
      importMemory: {},
      maxTableEntries: 2 ** 32 - 1,
      interrupt: true,
      fuel: FUEL,
      exportState: true,
    },
  },
];

describe.skipIf(missing.length > 0)(`the ${SCRIPT_COUNT} scripts of the specification${reason}`, () => {
  let work = '';
  let scripts: { name: string; script: Script }[] = [];

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'spec-'));
    for (const file of readdirSync(folder!).filter((name) => name.endsWith('.wast'))) {
      const name = basename(file, '.wast');
      const output = join(work, `${name}.json`);
      // Debian's wast2json knows an older text format of five scripts; they are not counted.
      const converted = await run('wast2json', [join(folder!, file), '-o', output]).catch(() => null);
      if (converted === null) continue;
      scripts.push({ name, script: readScript(output) });
    }
  });

  afterAll(() => {
    rmSync(work, { recursive: true, force: true });
  });

  test('are all there', () => {
    expect(scripts).toHaveLength(SCRIPT_COUNT);
  });

  test.for([
    ...PASSES,
    { name: 'all passes and a start function', options: { ...PASSES[2]!.options, exportStart: true } },
  ])('hold in V8 with $name', ({ options }) => {
    const totals = new Map<string, number>();
    const failures: string[] = [];
    for (const { script } of scripts.filter(({ name }) => !name.startsWith('simd_'))) {
      const result = runScript(work, script, (bytes) => prepare(bytes, options));
      failures.push(...result.failures);
      for (const [type, count] of result.passed) totals.set(type, (totals.get(type) ?? 0) + count);
    }
    // A NaN loses its payload on its way through JavaScript, and conversions looks at it four times.
    expect(failures.map((failure) => /\w+\.wast:\d+/.exec(failure)?.[0])).toEqual([
      'conversions.wast:657',
      'conversions.wast:658',
      'conversions.wast:673',
      'conversions.wast:674',
    ]);
    expect(Object.fromEntries(totals)).toMatchObject({
      assert_return: 21_244,
      assert_trap: 2_333,
      assert_exhaustion: 15,
      assert_invalid: 1_445,
      assert_malformed: 736,
      assert_unlinkable: 83,
    });
  });

  test.for(PASSES)('hold in an interpreter with $name', { timeout: 180_000 }, async ({ name, options }) => {
    const instrumented = join(work, name);
    mkdirSync(instrumented);
    let held = 0;
    for (const { name, script } of scripts) {
      const { added, refused } = writeScript(work, instrumented, name, script, options);
      const features = options.interrupt ? ['--enable-multi-memory', '--enable-threads'] : [];
      const { stdout } = await run('spectest-interp', [...features, join(instrumented, `${name}.json`)], {
        maxBuffer: 2 ** 28,
      });
      const [, passed, total] = /(\d+)\/(\d+) tests passed/.exec(stdout) ?? [];
      expect({ name, passed }).toEqual({ name, passed: total });
      held += Number(passed) - added + refused;
    }
    expect(held).toBe(53_712);
  });
});

function readScript(path: string): Script {
  const script: Script = JSON.parse(readFileSync(path, 'utf8'));
  return script;
}

function prepare(bytes: Uint8Array, options: InstrumentOptions): Prepared {
  const instrumented = instrument(bytes, options);
  const { memory, startExport } = instrumented.facts;
  const countdown = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Int32Array(countdown.buffer)[0] = -1;
  const host = {
    [COUNTDOWN_IMPORT]: countdown,
    [INTERRUPT_IMPORT]: () => 0,
    ...(memory && { [memory.name]: new WebAssembly.Memory({ initial: memory.minPages, maximum: memory.maxPages }) }),
  };
  return {
    bytes: instrumented.bytes,
    imports: { [HOST_MODULE]: host },
    started: ({ exports }) => {
      const start = startExport === null ? undefined : exports[startExport];
      if (typeof start === 'function') start();
    },
  };
}

/**
 * Writes a script with its modules instrumented, each behind a module that provides its imports. Returns how many such
 * modules were added, and how many malformed or invalid ones were refused by the passes already.
 */
function writeScript(
  from: string,
  to: string,
  name: string,
  script: Script,
  options: InstrumentOptions,
): { added: number; refused: number } {
  const commands: Command[] = [];
  let added = 0;
  let refused = 0;
  for (const command of script.commands) {
    if (command.filename === undefined || command.module_type === 'text') {
      if (command.filename !== undefined) {
        writeFileSync(join(to, command.filename), readFileSync(join(from, command.filename)));
      }
      commands.push(command);
      continue;
    }
    const bytes = readFileSync(join(from, command.filename));
    const isRefusalExpected = command.type === 'assert_invalid' || command.type === 'assert_malformed';
    const instrumented = isRefusalExpected ? instrumentOrNull(bytes, options) : instrument(bytes, options);
    if (instrumented === null) {
      refused++;
      continue;
    }
    writeFileSync(join(to, command.filename), instrumented.bytes);
    if (options.interrupt && !isRefusalExpected) {
      const host = command.filename.replace('.wasm', '.host.wasm');
      writeFileSync(join(to, host), hostModule(instrumented.facts.memory));
      commands.push({ type: 'module', line: command.line, name: '$host', filename: host });
      commands.push({ type: 'register', line: command.line, name: '$host', as: HOST_MODULE });
      added++;
    }
    commands.push(command);
  }
  writeFileSync(join(to, `${name}.json`), toWabtJson({ ...script, commands }));
  return { added, refused };
}

function instrumentOrNull(bytes: Uint8Array, options: InstrumentOptions): ReturnType<typeof instrument> | null {
  try {
    return instrument(bytes, options);
  } catch {
    return null;
  }
}

/** Exports what the passes import: a countdown that never runs out, and the memory. */
function hostModule(memory: ImportedMemory | null): Uint8Array {
  const writer = new BinaryWriter();
  writer.raw([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
  writer.section(1, (types) => types.raw([1, 0x60, 0, 1, 0x7f]));
  writer.section(3, (functions) => functions.raw([1, 0]));
  writer.section(5, (memories) => {
    memories.raw([memory === null ? 1 : 2, 0x03, 1, 1]);
    if (memory === null) return;
    memories.byte(0x01);
    memories.u32(memory.minPages);
    memories.u32(memory.maxPages);
  });
  writer.section(7, (exports) => {
    exports.u32(memory === null ? 2 : 3);
    exports.name(COUNTDOWN_IMPORT);
    exports.raw([2, 0]);
    exports.name(INTERRUPT_IMPORT);
    exports.raw([0, 0]);
    if (memory === null) return;
    exports.name(memory.name);
    exports.raw([2, 1]);
  });
  writer.section(10, (code) => code.raw([1, 4, 0, 0x41, 0, 0x0b]));
  writer.section(11, (data) => data.raw([1, 0, 0x41, 0, 0x0b, 4, 0xff, 0xff, 0xff, 0xff]));
  return writer.toBytes();
}

/** wabt's JSON reader knows one escape only: four hexadecimal digits that stand for a byte. */
function toWabtJson(script: Script): string {
  const controls: Readonly<Record<string, number>> = { b: 8, f: 12, n: 10, r: 13, t: 9 };
  return JSON.stringify(script).replaceAll(/\\([bfnrt"\\])/g, (_, character: string) => {
    const code = controls[character] ?? character.charCodeAt(0);
    return `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

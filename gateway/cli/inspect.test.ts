import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printing, REACTOR } from '../../runtime/testing/guests.ts';
import { runCommand } from '../testing/command.ts';
import { temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';

const MEMORY = '(memory (export "memory") 1)';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({
    command: printing('{"body":"good"}'),
    reactor: REACTOR,
    large: '(module (memory (export "memory") 100 200) (table 5 10 funcref) (func (export "_start")))',
    forged: `(module ${MEMORY} (func (export "_start")) (func (export "a\\1b[31m\\0ab")))`,
    unknown: `(module (import "env" "now" (func)) ${MEMORY} (func (export "_start")))`,
  });
  await folder.write('text.wasm', 'no module');
});
afterAll(() => folder.remove());

describe('wasmgate inspect', () => {
  test('shows what a module is', async () => {
    const { code, stdout, stderr } = await runCommand(['inspect', 'command.wasm'], { cwd: folder.path });
    expect([code, stderr]).toEqual([0, '']);
    const sha256 = createHash('sha256')
      .update(await readFile(folder.join('command.wasm')))
      .digest('hex');
    const [file, digest, kind, size, memory, tables, start, blank, head, ...table] = stdout.trimEnd().split('\n');
    expect([file, digest, kind]).toEqual(['file    command.wasm', `sha256  ${sha256}`, 'kind    command (_start)']);
    expect(size).toMatch(/^size {4}[\d.]+ B, 2 functions with [\d.]+ B of code$/);
    expect([memory, tables, start, blank]).toEqual([
      'memory  64 KiB at start, no maximum of its own',
      'tables  none',
      'start   none',
      '',
    ]);
    expect(head).toMatch(/^ {8}NAME +TYPE$/);
    const column = head!.indexOf('TYPE');
    expect(table.map((line) => [line.slice(0, column).trim(), line.slice(column)])).toEqual([
      ['import  wasi_snapshot_preview1.fd_read', '(i32, i32, i32, i32) -> i32'],
      ['import  wasi_snapshot_preview1.fd_write', '(i32, i32, i32, i32) -> i32'],
      ['import  wasi_snapshot_preview1.proc_exit', '(i32) -> ()'],
      ['export  memory', 'memory'],
      ['export  _start', '() -> ()'],
    ]);
  });

  test('tells a reactor from a command', async () => {
    const { stdout } = await runCommand(['inspect', 'reactor.wasm'], { cwd: folder.path });
    expect(stdout).toContain('kind    reactor (handle)\n');
  });

  test('shows the limits that a module sets itself', async () => {
    const { stdout } = await runCommand(['inspect', 'large.wasm'], { cwd: folder.path });
    expect(stdout).toContain('memory  6.3 MiB at start, at most 12.5 MiB\n');
    expect(stdout).toContain('tables  5..10 funcref\n');
  });

  test('prints JSON for scripts', async () => {
    const { code, stdout } = await runCommand(['inspect', '--json', 'large.wasm'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      path: 'large.wasm',
      kind: 'command',
      memory: { minPages: 100, maxPages: 200 },
      tables: [{ type: 'funcref', min: 5, max: 10 }],
      imports: [],
    });
  });

  test('makes control characters in names visible', async () => {
    const { stdout } = await runCommand(['inspect', 'forged.wasm'], { cwd: folder.path });
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('export  a\\x1b[31m\\x0ab ');
  });

  test.for([
    { args: ['absent.wasm'], says: 'module absent.wasm is missing' },
    { args: ['.'], says: 'directory' },
    { args: ['text.wasm'], says: 'not with 00 61 73 6d' },
    { args: ['unknown.wasm'], says: 'env.now' },
    { args: ['large.wasm', '--memory', '1MiB'], says: '6.25 MiB' },
    { args: ['large.wasm', '--memory', 'much'], says: 'limits.memory' },
  ])('refuses $args with exit code 2 and the reason', async ({ args, says }) => {
    const { code, stdout, stderr } = await runCommand(['inspect', ...args], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
  });
});

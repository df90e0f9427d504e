// What all commands have in common, seen from outside: help, wrong use, exit codes, streams, colours.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileWat, printing } from '../../runtime/testing/guests.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { runCommand } from '../testing/command.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';

const ESCAPE = '\u001b';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({ good: printing('{"body":"good"}') });
  await folder.write('wasmgate.yaml', configOf(['good']));
  await folder.write('broken.yaml', 'version: 1\nlisten: 127.0.0.1:0\ntimout: 3\nfunctions: {}\nroutes: []\n');
});
afterAll(() => folder.remove());

describe('help', () => {
  test.for([
    { args: ['--help'], shows: ['run', 'start', 'check', 'routes', 'inspect', 'invoke', '--version', 'Examples:'] },
    { args: ['run', '--help'], shows: ['<file.wasm>', '--listen', '--contract', '--wall', '--memory', '--env'] },
    { args: ['start', '--help'], shows: ['--config <file>', 'wasmgate.yaml'] },
    { args: ['check', '--help'], shows: ['--config <file>'] },
    { args: ['routes', '--help'], shows: ['--config <file>', '--json'] },
    { args: ['inspect', '--help'], shows: ['<file.wasm>', '--memory', '--json'] },
    { args: ['invoke', '--help'], shows: ['<function>', '--event <file>', '(required)', '--json', '"method"'] },
    { args: ['help', 'invoke'], shows: ['--event <file>'] },
  ])('wasmgate $args shows its options', async ({ args, shows }) => {
    const { code, stdout, stderr } = await runCommand(args);
    expect([code, stderr]).toEqual([0, '']);
    for (const part of shows) expect(stdout).toContain(part);
    expect(stdout).not.toMatch(/undefined|default: \{\}|\[object/);
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThan(120);
  });

  test('without a command is shown on stderr, with exit code 2', async () => {
    const { code, stdout, stderr } = await runCommand([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: wasmgate');
  });

  test('has the version of the package', async () => {
    expect(await runCommand(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  });
});

describe('a wrong command line', () => {
  test.for([
    { args: ['chekc'], says: ["unknown command 'chekc'", 'Did you mean check?', 'wasmgate --help'] },
    { args: ['check', '--confg', 'a'], says: ["unknown option '--confg'", '--config', 'wasmgate check --help'] },
    { args: ['run'], says: ["missing required argument 'file.wasm'", 'wasmgate run --help'] },
    { args: ['inspect'], says: ["missing required argument 'file.wasm'"] },
    { args: ['invoke', 'good'], says: ["'--event <file>' not specified"] },
    { args: ['run', 'a.wasm', 'b.wasm'], says: ['Expected 1 argument but got 2'] },
    { args: ['check', '--config'], says: ['argument missing'] },
    { args: ['run', 'a.wasm', '--contract', 'cgi'], says: ['Allowed choices are json, gojinn'] },
    { args: ['run', 'a.wasm', '--env', 'NAME'], says: ['Write it as NAME=value'] },
    { args: ['run', 'a.wasm', '--env', '=value'], says: ['Write it as NAME=value'] },
    { args: ['run', 'a.wasm', '--listen', 'nowhere'], says: ['listen must be host:port', 'got "nowhere"'] },
    { args: ['run', 'a.wasm', '--wall', '-1'], says: ['limits.wall', '"-1"'] },
    { args: ['run', 'a.wasm', '--memory', '1e99'], says: ['limits.memory', '"1e99"'] },
    { args: ['run', 'a.wasm', '--threads', '0'], says: ['pool.threads'] },
    { args: ['run', 'absent.wasm'], says: ['function "absent"', 'is missing'] },
    { args: ['start', '--config', 'absent.yaml'], says: ['absent.yaml: does not exist'] },
    { args: ['start', '--config', 'broken.yaml'], says: ['broken.yaml:3:1: unknown key "timout"'] },
  ])('$args exits with 2 and says on stderr what is wrong', async ({ args, says }) => {
    const { code, stdout, stderr } = await runCommand(args, { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    for (const part of says) expect(stderr).toContain(part);
    expect(stderr).not.toMatch(/ {4}at /);
  });
});

describe('colours', () => {
  const commands = [['check'], ['routes'], ['inspect', 'good.wasm'], ['check', '--config', 'broken.yaml']];

  test.for(commands)('are left out of a pipe: wasmgate %s %s %s', async (args) => {
    const { stdout, stderr } = await runCommand(args, { cwd: folder.path });
    expect(stdout + stderr).not.toContain(ESCAPE);
  });

  test.for(commands)('can be forced and forbidden: wasmgate %s %s %s', async (args) => {
    const forced = await runCommand(args, { cwd: folder.path, env: { FORCE_COLOR: '1' } });
    expect(forced.stdout + forced.stderr).toContain(ESCAPE);
    const forbidden = await runCommand(args, { cwd: folder.path, env: { NO_COLOR: '1' } });
    expect(forbidden.stdout + forbidden.stderr).not.toContain(ESCAPE);
  });
});

test('a reader that leaves before the end, as `head` does, is no error', async () => {
  const exports = Array.from({ length: 9000 }, (_, i) => `(export "a-long-name-for-an-export-${i}" (func 0))`);
  const source = `(module (memory (export "memory") 1) (func (export "_start")) ${exports.join('')})`;
  await folder.write('many.wasm', await compileWat(source));
  const { code, stderr } = await runCommand(['inspect', 'many.wasm'], { cwd: folder.path, readsOnlyFirstChunk: true });
  expect([code, stderr]).toEqual([0, '']);
});

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import packageJson from './package.json' with { type: 'json' };
import { compileWat, printing } from './runtime/testing/guests.ts';

const run = promisify(execFile);
const root = import.meta.dirname;
/** The Node that runs the tests comes first, as on the machine of a user with a current Node. */
const env = { ...process.env, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
let folder: string;
let bin: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wasmgate-package-'));
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, env });
  // What the build prints before the report of npm is not part of it.
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [{ filename: string }];
  await writeFile(join(folder, 'package.json'), '{ "private": true }');
  const install = ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)];
  await run('npm', install, { cwd: folder, env });
  bin = join(folder, 'node_modules', '.bin', 'wasmgate');
}, 180_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the installed command tells its version', async () => {
  const { stdout } = await run(bin, ['--version'], { env });
  expect(stdout.trim()).toBe(packageJson.version);
});

test('the installed command serves a module', async () => {
  const module = join(folder, 'hello.wasm');
  await writeFile(module, await compileWat(printing('{"body":"from the package"}')));
  const child = spawn(bin, ['run', module, '--listen', '127.0.0.1:0'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  for await (const line of createInterface(child.stdout)) {
    const url = /http:\/\/[\d.:]+/.exec(line)?.[0];
    if (url === undefined) continue;
    const response = await fetch(url);
    expect(await response.text()).toBe('from the package');
    break;
  }
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});

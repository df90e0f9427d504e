// `wasmgate run` and `wasmgate start` up to the first answer; how they end is in process.test.ts.

import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ECHO, printing } from '../../runtime/testing/guests.ts';
import { listenOnFreePort } from '../testing/bound-port.ts';
import { runCommand, serveCommand, type ServingCommand } from '../testing/command.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({ good: printing('{"body":"good"}'), 'Echo (1)': ECHO });
});
afterAll(() => folder.remove());

async function serve(...args: string[]): Promise<ServingCommand> {
  const serving = await serveCommand(args, { cwd: folder.path });
  onTestFinished(serving.kill);
  return serving;
}

describe('wasmgate run', () => {
  test('serves a module on every path and logs JSON into a pipe', async () => {
    const serving = await serve('run', 'good.wasm', '--listen', '127.0.0.1:0', '--threads', '1');
    for (const path of ['/', '/any/path?a=1']) expect(await (await fetch(serving.url(path))).text()).toBe('good');
    expect(serving.log.lines[0]).toMatchObject({
      level: 'info',
      msg: `listening on http://127.0.0.1:${serving.port}`,
      routes: 1,
      functions: 1,
    });
    expect(await serving.log.request('/any/path')).toMatchObject({ status: 200, route: '/*' });
  });

  test('names the function after the file and takes limits', async () => {
    const serving = await serve('run', 'Echo (1).wasm', '-l', '127.0.0.1:0', '--memory', '32MiB', '--wall', '9s');
    expect(await (await fetch(serving.url('/'), { method: 'POST', body: 'sent' })).text()).toBe('sent');
  });
});

describe('an address that cannot be bound', () => {
  test('ends with exit code 1 and what to do', async () => {
    const occupied = createServer();
    onTestFinished(() => void occupied.close());
    const port = await listenOnFreePort(occupied);
    const result = await runCommand(['run', 'good.wasm', '--listen', `127.0.0.1:${port}`], { cwd: folder.path });
    expect(result).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: 127.0.0.1:${port} is in use: stop the process that has it, or change listen (ERR_LISTEN)\n`,
    });
  });

  test('ends the process although the admin listener is bound already', async () => {
    const serving = await serve('run', 'good.wasm', '--listen', '127.0.0.1:0');
    const settings = `listen: 127.0.0.1:${serving.port}\nadmin: { listen: 127.0.0.1:0 }`;
    await folder.write('occupied.yaml', configOf(['good'], { settings }));
    const { code, stderr } = await runCommand(['start', '--config', 'occupied.yaml'], { cwd: folder.path });
    expect(code).toBe(1);
    expect(stderr).toContain('is in use');
    expect((await fetch(serving.url('/'))).status).toBe(200);
  });

  test('of another machine is named', async () => {
    const { code, stderr } = await runCommand(['run', 'good.wasm', '--listen', '192.0.2.1:0'], { cwd: folder.path });
    expect(code).toBe(1);
    expect(stderr).toBe('error: 192.0.2.1:0 is not an address of this machine: change listen (ERR_LISTEN)\n');
  });
});

test('wasmgate start serves the routes of its config and nothing else', async () => {
  await folder.write('wasmgate.yaml', configOf(['good'], { settings: 'admin: { listen: 127.0.0.1:0 }' }));
  const serving = await serve('start');
  expect((await fetch(serving.url('/good'))).status).toBe(200);
  expect((await fetch(serving.url('/other'))).status).toBe(404);
  expect((await fetch(`http://127.0.0.1:${serving.adminPort}/readyz`)).status).toBe(200);
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { printing } from '../../runtime/testing/guests.ts';
import { runCommand } from '../testing/command.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';

let folder: TemporaryFolder;
beforeAll(async () => {
  folder = await temporaryFolder({
    good: printing('{"body":"good"}'),
    fine: printing('{"body":"fine"}'),
    unknown: '(module (import "env" "now" (func)) (memory (export "memory") 1) (func (export "_start")))',
  });
});
afterAll(() => folder.remove());

describe('wasmgate check', () => {
  test('exits with 0 and says what it has checked', async () => {
    await folder.write('good.yaml', configOf(['good', 'fine']));
    const result = await runCommand(['check', '--config', 'good.yaml'], { cwd: folder.path });
    expect(result).toEqual({ code: 0, stdout: 'ok: good.yaml: 2 functions, 2 routes\n', stderr: '' });
  });

  test('counts one of each in the singular', async () => {
    await folder.write('one.yaml', configOf(['good']));
    const { stdout } = await runCommand(['check', '--config', 'one.yaml'], { cwd: folder.path });
    expect(stdout).toBe('ok: one.yaml: 1 function, 1 route\n');
  });

  test('does not bind the addresses of the config', async () => {
    await folder.write('bound.yaml', configOf(['good'], { settings: 'listen: 127.0.0.1:1' }));
    expect((await runCommand(['check', '--config', 'bound.yaml'], { cwd: folder.path })).code).toBe(0);
  });

  test('exits with 2 and every problem of the config', async () => {
    await folder.write(
      'config.yaml',
      'version: 1\nlisten: nowhere\nfunctions:\n  good: { module: good.wasm, limits: { wal: 1s } }\nroutes:\n  - { path: good, function: goood }\n',
    );
    const { code, stdout, stderr } = await runCommand(['check', '--config', 'config.yaml'], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^config\.yaml:2:\d+: listen must be host:port/),
      expect.stringMatching(/^config\.yaml:4:\d+: unknown key "wal".*did you mean "wall"/),
      expect.stringMatching(/^config\.yaml:6:\d+: .*"good"/),
      expect.stringMatching(/^config\.yaml:6:\d+: .*"goood".*did you mean "good"/),
      'error: 4 problems',
      '',
    ]);
  });

  test('exits with 2 and every module that cannot be served', async () => {
    await folder.write('modules.yaml', configOf(['unknown', 'good', 'absent']));
    const { code, stdout, stderr } = await runCommand(['check', '--config', 'modules.yaml'], { cwd: folder.path });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^modules\.yaml:5:\d+: function "unknown": .*env\.now/),
      expect.stringMatching(/^modules\.yaml:7:\d+: function "absent": .*absent\.wasm is missing/),
      'error: 2 problems',
      '',
    ]);
  });
});

describe('wasmgate routes', () => {
  const config = `version: 1
functions:
  tax: { module: good.wasm }
  everything-else: { module: fine.wasm }
routes:
  - { path: /api/tax/:id, methods: [POST, PUT], function: tax, body: 64KiB }
  - { path: /*, host: "*.example.com", function: everything-else }
`;

  test('prints an aligned table', async () => {
    await folder.write('wasmgate.yaml', config);
    const { code, stdout, stderr } = await runCommand(['routes'], { cwd: folder.path });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(
      [
        'METHODS   HOST           PATH          FUNCTION         BODY    LINE',
        'POST,PUT  any            /api/tax/:id  tax              64 KiB  6',
        'any       *.example.com  /*            everything-else  1 MiB   7',
        '',
      ].join('\n'),
    );
  });

  test('prints JSON for scripts', async () => {
    await folder.write('wasmgate.yaml', config);
    const { code, stdout } = await runCommand(['routes', '--json'], { cwd: folder.path });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { methods: ['POST', 'PUT'], host: null, path: '/api/tax/:id', function: 'tax', bodyBytes: 65_536, line: 6 },
      { methods: null, host: '*.example.com', path: '/*', function: 'everything-else', bodyBytes: 1_048_576, line: 7 },
    ]);
  });
});

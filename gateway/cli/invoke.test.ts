import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command, ECHO, ENDLESS_FILL, ENDLESS_LOOP, logging, printing, TRAP } from '../../runtime/testing/guests.ts';
import { type CommandResult, runCommand } from '../testing/command.ts';
import { configOf, temporaryFolder, type TemporaryFolder } from '../testing/temporary-folder.ts';

const REQUEST = '{"method":"POST","uri":"/echo?a=1","body":"sent ü"}';

let folder: TemporaryFolder;
beforeAll(async () => {
  const guests = {
    echo: ECHO,
    cookies: printing('{"status":201,"headers":{"set-cookie":["a=1","b=2"]},"body":"made"}'),
    binary: printing('{"body":"AP8=","encoding":"base64"}'),
    noisy: logging('\u001b[31mone\ntwo'),
    trap: TRAP,
    floodtrap: floodingThenTrap(),
    loop: ENDLESS_LOOP,
    fill: ENDLESS_FILL,
    garbage: printing('\u001b[31mgarbage'),
  };
  folder = await temporaryFolder(guests);
  const limits = { loop: 'wall: 50ms', fill: 'wall: 50ms' };
  await folder.write('wasmgate.yaml', configOf([...Object.keys(guests), 'absent'], { limits }));
  await folder.write('event.json', REQUEST);
});
afterAll(() => folder.remove());

const invoke = (args: readonly string[], stdin = ''): Promise<CommandResult> =>
  runCommand(['invoke', ...args], { cwd: folder.path, stdin });

describe('wasmgate invoke', () => {
  test.for([
    { from: 'a file', event: 'event.json', stdin: '' },
    { from: 'stdin', event: '-', stdin: REQUEST },
  ])('sends the event from $from; the answer is on stdout, the cost on stderr', async ({ event, stdin }) => {
    const { code, stdout, stderr } = await invoke(['echo', '--event', event], stdin);
    expect(code).toBe(0);
    expect(stdout).toBe('200\n\nsent ü');
    expect(stderr).toMatch(/^cost queued .+, instantiated .+, ran .+, memory 16 MiB, \d+ host calls\n$/);
  });

  test('prints every header line', async () => {
    const { stdout } = await invoke(['cookies', '--event', '-'], 'null');
    expect(stdout).toBe('201\nset-cookie: a=1\nset-cookie: b=2\n\nmade');
  });

  test('prints logs on stderr, with control characters visible', async () => {
    const { code, stdout, stderr } = await invoke(['noisy', '--event', '-'], '{"any":"event"}');
    expect([code, stdout]).toEqual([0, '200\n\nlogged']);
    expect(stderr.split('\n').slice(0, 2)).toEqual(['log  \\x1b[31mone', 'log  two']);
  });

  test('prints JSON in the form of the contract', async () => {
    const { code, stdout, stderr } = await invoke(['cookies', '--json', '--event', '-'], 'null');
    expect([code, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 201,
      headers: { 'set-cookie': ['a=1', 'b=2'] },
      body: 'made',
      encoding: 'utf8',
      cost: { memoryBytes: 65_536, hostCalls: 1 },
      logs: [],
      droppedLogLines: 0,
    });
  });

  test('prints a binary body as base64 in JSON', async () => {
    const { stdout } = await invoke(['binary', '--json', '--event', '-'], 'null');
    expect(JSON.parse(stdout)).toMatchObject({ body: 'AP8=', encoding: 'base64' });
  });

  test.for([
    { name: 'trap', code: 'ERR_GUEST_TRAP', says: 'unreachable' },
    { name: 'loop', code: 'ERR_GUEST_DEADLINE', says: '50 ms deadline' },
    { name: 'garbage', code: 'ERR_GUEST_OUTPUT', says: 'stdout is not one JSON document' },
  ])('exits with 1 and the reason on stderr when the guest fails: $name', async ({ name, code, says }) => {
    const text = await invoke([name, '--event', '-'], 'null');
    expect([text.code, text.stdout]).toEqual([1, '']);
    expect(text.stderr).toContain(`(${code})`);
    expect(text.stderr).toContain(says);
    expect(text.stderr).not.toContain('\u001b');
  });

  test('ends although the guest is in a bulk operation that its thread does not leave', async () => {
    const { code, stderr } = await invoke(['fill', '--event', '-'], 'null');
    expect(code).not.toBe(0);
    expect(stderr).toContain('(ERR_GUEST_DEADLINE)');
  });

  test('prints a failure whole, however long its logs are', async () => {
    const { code, stdout } = await invoke(['floodtrap', '--json', '--event', '-'], 'null');
    const { logs }: { logs?: unknown[] } = JSON.parse(stdout);
    expect([code, logs?.length]).toEqual([1, 100]);
    expect(stdout.length).toBeGreaterThan(800_000);
  });

  test('prints a failure as JSON on stdout', async () => {
    const { code, stdout, stderr } = await invoke(['trap', '--json', '--event', '-'], 'null');
    expect([code, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'ERR_GUEST_TRAP' }, cost: { memoryBytes: 65_536 } });
  });

  test.for([
    { args: ['ecko', '--event', '-'], stdin: 'null', says: 'no function "ecko": did you mean "echo"?' },
    { args: ['xyz', '--event', '-'], stdin: 'null', says: 'no function "xyz": there are echo, cookies' },
    { args: ['echo', '--event', 'absent.json'], stdin: '', says: 'absent.json: it does not exist' },
    { args: ['echo', '--event', '-'], stdin: '{"a":', says: 'stdin is not JSON' },
    { args: ['echo', '--event', '-'], stdin: '', says: 'stdin is not JSON: it is empty' },
    { args: ['echo', '--event', '-'], stdin: '{"method":"get"}', says: 'must be in upper case' },
    { args: ['absent', '--event', '-'], stdin: 'null', says: 'absent.wasm is missing' },
  ])('exits with 2: $args $stdin', async ({ args, stdin, says }) => {
    const { code, stdout, stderr } = await invoke(args, stdin);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr).not.toMatch(/ {4}at |\(ERR_USAGE\)/);
  });
});

/** Writes 100 lines of 8 KB to stderr, far more than a pipe holds, then traps. */
function floodingThenTrap(): string {
  const line = `${'l'.repeat(8000)}\n`;
  const body = `(local $left i32)
    (local.set $left (i32.const 100))
    (loop $again
      (call $print (i32.const 2) (i32.const 1024) (i32.const ${line.length}))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    unreachable`;
  return command(body, line);
}

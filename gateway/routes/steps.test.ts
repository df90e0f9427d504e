import { expect, test } from 'vitest';

import { startListener, send } from '../triggers/http/raw-client.fixture.ts';
import { bodyStep, compileSteps, type Step } from './steps.ts';

const NO_BODY = new Uint8Array(0);

test('runs the steps in their order and each only if the one before goes on', async () => {
  const ran: string[] = [];
  const note =
    (name: string): Step =>
    (exchange, next) => {
      ran.push(name);
      next(exchange);
    };
  const stop: Step = (exchange) => exchange.answer(403, [], NO_BODY);
  const last = compileSteps([note('a'), note('b'), stop, note('c')], () => ran.push('last'));
  const { port } = await startListener(last);
  expect((await send(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'))?.status).toBe(403);
  expect(ran).toEqual(['a', 'b']);
});

test('runs the last handler of a chain without steps', async () => {
  const { port } = await startListener(compileSteps([], (exchange) => exchange.answer(204, [], NO_BODY)));
  expect((await send(port, 'GET / HTTP/1.1\r\nhost: a\r\n\r\n'))?.status).toBe(204);
});

test('reads the body before the next step', async () => {
  const handler = compileSteps([bodyStep(3)], (exchange) => exchange.answer(200, [], exchange.body));
  const { port } = await startListener(handler);
  const answer = await send(port, 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc');
  expect(answer?.body).toBe('abc');
});

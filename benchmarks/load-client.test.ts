import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { type AnswerOrder, answerRightly, startOrderServer, wrongOnceIn } from './load/order-server.fixture.ts';
import { spawnLoadClient } from './load-client.ts';

function run(port: number, rate?: number, seconds = 0.5): ReturnType<typeof spawnLoadClient> {
  return spawnLoadClient({ port, connections: 8, seconds, warmUpSeconds: 0.1, rate });
}

test('sends no body twice and counts what was answered', async () => {
  const { port, ids } = await startOrderServer(answerRightly);
  const { requests, requestsPerSecond, latency } = await run(port);
  expect(new Set(ids).size).toBe(ids.length);
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThanOrEqual(ids.length);
  expect(requestsPerSecond).toBe(requests / 0.5);
  expect(latency.p50Ms).toBeGreaterThan(0);
  expect(latency.maxMs).toBeGreaterThanOrEqual(latency.p99Ms);
});

test('sends exactly what is due in an open loop', async () => {
  const { port, ids } = await startOrderServer(answerRightly);
  const { requests } = await run(port, 1000);
  // The last of the warm-up and the first that counts may fall on the same instant.
  expect(Math.abs(requests - 500)).toBeLessThanOrEqual(1);
  expect(Math.abs(ids.length - 600)).toBeLessThanOrEqual(1);
});

test('counts in an open loop the time that a request waited to be sent', async () => {
  const { port } = await startOrderServer((response, order, count) => {
    setTimeout(() => answerRightly(response, order, count), 40);
  });
  const { latency } = await run(port, 400);
  // 8 connections get at most 200 answers a second of the 400 that are due: the last request waits for most of the run.
  expect(latency.maxMs).toBeGreaterThan(300);
  expect(latency.p50Ms).toBeGreaterThan(100);
});

test('fails on one wrong answer in a thousand and shows it with its request', async () => {
  const { port } = await startOrderServer(wrongOnceIn(1000));
  const text = await run(port, undefined, 60).catch(String);
  expect(text).toMatch(
    /wrong answer: its body is not \{"order_id":"([^"]+)"[^]*--- request ---[^]*"id":"\1"[^]*"order_id":"\1"/,
  );
});

test.for<{ what: string; answer: AnswerOrder; reason: string }>([
  { what: 'another status', answer: (response) => void response.writeHead(503).end('busy'), reason: 'wrong answer' },
  { what: 'a closed connection', answer: (response) => response.destroy(), reason: 'closed the connection' },
])('fails on $what', async ({ answer, reason }) => {
  const { port } = await startOrderServer(answer);
  await expect(run(port)).rejects.toThrow(reason);
});

test('fails if nothing listens', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  await expect(run(port)).rejects.toThrow('ECONNREFUSED');
});

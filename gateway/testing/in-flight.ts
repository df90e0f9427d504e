// A request that the gateway is known to be working on.

import { openClient, type RawClient } from '../triggers/http/raw-client.fixture.ts';

/**
 * Sends a request and resolves when the gateway has handed it over; the answer is still to come.
 */
export async function sendInFlight(port: number, path: string): Promise<RawClient> {
  const client = openClient(port);
  client.write(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\nexpect: 100-continue\r\n\r\n`);
  const { status } = (await client.answer()) ?? {};
  if (status !== 100) throw new Error(`no 100 for ${path}, got ${status}`);
  await new Promise<void>((resolve) => client.socket.write('x', () => resolve()));
  // Any answer will do, also a 404: its request was sent after the body had arrived
  // in the gateway's socket, and is read after it.
  await (await fetch(`http://127.0.0.1:${port}/`)).arrayBuffer();
  return client;
}

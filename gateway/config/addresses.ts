// Addresses to listen on: reading `host:port`, and the two questions that a configuration asks about them.

import { BlockList, isIPv4, isIPv6 } from 'node:net';

import type { Address } from './config.ts';
import { show, type Reading } from './problems.ts';

const HOST_NAME = /^(?=.{1,253}$)(?!-)[a-z0-9-]{1,63}(?:\.(?!-)[a-z0-9-]{1,63})*$/i;

/** The accepted form as a regular expression, for editors. */
export const ADDRESS_FORM = '^(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9.-]*):[0-9]{1,5}$';

/** `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, or `:8080` for all interfaces. */
export function readAddress(raw: unknown): Reading<Address> {
  const form = 'must be host:port such as 127.0.0.1:8080, "[::1]:8080", or :8080 for all interfaces';
  if (typeof raw === 'string') {
    const [, bracketed, name, digits] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(raw) ?? [];
    const port = Number(digits);
    if (port > 65_535) return { problem: `must have a port from 0 to 65535, got ${show(raw)}` };
    if (bracketed !== undefined && isIPv6(bracketed)) return { value: { host: bracketed, port } };
    if (name === '') return { value: { host: null, port } };
    if (name !== undefined && isHost(name)) return { value: { host: name.toLowerCase(), port } };
  }
  return { problem: `${form}, got ${show(raw)}` };
}

function isHost(name: string): boolean {
  // Digits and dots alone are an IPv4 address or a mistake in one.
  return /^[\d.]+$/.test(name) ? isIPv4(name) : HOST_NAME.test(name);
}

/** As {@link readAddress}, refusing what other machines can reach. */
export function readLoopbackAddress(raw: unknown): Reading<Address> {
  const address = readAddress(raw);
  if ('problem' in address || isLoopback(address.value.host)) return address;
  const why = 'because the admin listener has no authentication';
  return { problem: `must be a loopback address such as 127.0.0.1:9901 ${why}, got ${show(raw)}` };
}

function isLoopback(host: string | null): boolean {
  if (host === null) return false;
  if (host === 'localhost') return true;
  const loopback = new BlockList();
  loopback.addSubnet('127.0.0.0', 8, 'ipv4');
  loopback.addAddress('::1', 'ipv6');
  return (isIPv4(host) && loopback.check(host, 'ipv4')) || (isIPv6(host) && loopback.check(host, 'ipv6'));
}

/** Whether one of two listeners would fail because the other has its port. Port 0 never collides. */
export function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  if (a.host === b.host || isWildcard(a.host) || isWildcard(b.host)) return true;
  // What `localhost` resolves to is the machine's choice.
  return (a.host === 'localhost' && isLoopback(b.host)) || (b.host === 'localhost' && isLoopback(a.host));
}

function isWildcard(host: string | null): boolean {
  return host === null || host === '0.0.0.0' || /^[0:]+$/.test(host);
}

// sock_*: a guest has no sockets; outbound HTTP is a host function.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EBADF, ENOTSOCK } from './errno.ts';
import { isOpen } from './stdio.ts';

export function socketFunctions(guest: Guest): Record<string, HostFunction> {
  const deny = (descriptor: number): number => (isOpen(guest, descriptor) ? ENOTSOCK : EBADF);
  return { sock_accept: deny, sock_recv: deny, sock_send: deny, sock_shutdown: deny };
}

// path_*: there is no filesystem, so no descriptor is a directory that a path could start from.

import type { Guest } from '../sandbox/guest.ts';
import type { HostFunction } from '../sandbox/host-module.ts';
import { EBADF, ENOTDIR } from './errno.ts';
import { isOpen } from './stdio.ts';

export function pathFunctions(guest: Guest): Record<string, HostFunction> {
  const deny = (directory: number): number => (isOpen(guest, directory) ? ENOTDIR : EBADF);
  return {
    path_create_directory: deny,
    path_filestat_get: deny,
    path_filestat_set_times: deny,
    path_link: deny,
    path_open: deny,
    path_readlink: deny,
    path_remove_directory: deny,
    path_rename: deny,
    // The one whose directory is not the first argument: the link's target comes before it.
    path_symlink: (_target: number, _targetLength: number, directory: number) => deny(directory),
    path_unlink_file: deny,
  };
}

// The types of all functions of WASI preview 1, taken from its specification and not from our code. All but
// `proc_exit` return an i32.
// Source: https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/witx/wasi_snapshot_preview1.witx

type ValueType = 'i32' | 'i64';

const types = (text: string): readonly ValueType[] =>
  text.split(' ').flatMap((type): ValueType[] => (type === 'i32' || type === 'i64' ? [type] : []));

export const SIGNATURES: Readonly<Record<string, readonly ValueType[]>> = {
  args_get: types('i32 i32'),
  args_sizes_get: types('i32 i32'),
  clock_res_get: types('i32 i32'),
  clock_time_get: types('i32 i64 i32'),
  environ_get: types('i32 i32'),
  environ_sizes_get: types('i32 i32'),
  fd_advise: types('i32 i64 i64 i32'),
  fd_allocate: types('i32 i64 i64'),
  fd_close: types('i32'),
  fd_datasync: types('i32'),
  fd_fdstat_get: types('i32 i32'),
  fd_fdstat_set_flags: types('i32 i32'),
  fd_fdstat_set_rights: types('i32 i64 i64'),
  fd_filestat_get: types('i32 i32'),
  fd_filestat_set_size: types('i32 i64'),
  fd_filestat_set_times: types('i32 i64 i64 i32'),
  fd_pread: types('i32 i32 i32 i64 i32'),
  fd_prestat_dir_name: types('i32 i32 i32'),
  fd_prestat_get: types('i32 i32'),
  fd_pwrite: types('i32 i32 i32 i64 i32'),
  fd_read: types('i32 i32 i32 i32'),
  fd_readdir: types('i32 i32 i32 i64 i32'),
  fd_renumber: types('i32 i32'),
  fd_seek: types('i32 i64 i32 i32'),
  fd_sync: types('i32'),
  fd_tell: types('i32 i32'),
  fd_write: types('i32 i32 i32 i32'),
  path_create_directory: types('i32 i32 i32'),
  path_filestat_get: types('i32 i32 i32 i32 i32'),
  path_filestat_set_times: types('i32 i32 i32 i32 i64 i64 i32'),
  path_link: types('i32 i32 i32 i32 i32 i32 i32'),
  path_open: types('i32 i32 i32 i32 i32 i64 i64 i32 i32'),
  path_readlink: types('i32 i32 i32 i32 i32 i32'),
  path_remove_directory: types('i32 i32 i32'),
  path_rename: types('i32 i32 i32 i32 i32 i32'),
  path_symlink: types('i32 i32 i32 i32 i32'),
  path_unlink_file: types('i32 i32 i32'),
  poll_oneoff: types('i32 i32 i32 i32'),
  proc_exit: types('i32'),
  proc_raise: types('i32'),
  random_get: types('i32 i32'),
  sched_yield: types(''),
  sock_accept: types('i32 i32 i32'),
  sock_recv: types('i32 i32 i32 i32 i32 i32'),
  sock_send: types('i32 i32 i32 i32 i32'),
  sock_shutdown: types('i32 i32'),
};

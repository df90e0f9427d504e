;; Writes "before", grows its memory, and writes "after" from the new page; the answer is the errno of the last write.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\10\00\00\00\06\00\00\00" "\00\00\01\00\05\00\00\00" "before")
  (data $after "after")
  (func (export "run") (result i32)
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
    (drop (memory.grow (i32.const 1)))
    (memory.init $after (i32.const 65536) (i32.const 0) (i32.const 5))
    (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 65544))))

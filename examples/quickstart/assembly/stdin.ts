/** Everything on stdin, which the contract promises to be UTF-8. */
export function readText(): string {
  let buffer = new ArrayBuffer(16 * 1024);
  let length = 0;
  while (true) {
    const count = process.stdin.read(buffer, length);
    if (count == 0) return String.UTF8.decodeUnsafe(changetype<usize>(buffer), length);
    length += count;
    if (length == buffer.byteLength) {
      const larger = new ArrayBuffer(2 * length);
      memory.copy(changetype<usize>(larger), changetype<usize>(buffer), length);
      buffer = larger;
    }
  }
}

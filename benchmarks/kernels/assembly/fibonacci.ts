// Naive recursion: nothing but calls, the worst case of a check at function entry.

function fib(n: i32): u32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export function fibonacci(rounds: i32): u32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++) sum = fib(23);
  return sum;
}

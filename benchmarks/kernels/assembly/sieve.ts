// The sieve of Eratosthenes up to 200,000: the tightest of loops over memory.

const LIMIT: i32 = 200_000;
const isComposite = new StaticArray<bool>(LIMIT + 1);

/** How many primes there are up to the limit. */
export function sieve(rounds: i32): u32 {
  let count = 0;
  for (let round = 0; round < rounds; round++) {
    isComposite.fill(false);
    count = 0;
    for (let i = 2; i <= LIMIT; i++) {
      if (isComposite[i]) continue;
      count++;
      for (let multiple = 2 * i; multiple <= LIMIT; multiple += i) isComposite[multiple] = true;
    }
  }
  return count;
}

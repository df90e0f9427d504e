// Quicksort (Hoare's partition) of 20,000 pseudo-random numbers: short loops that branches leave, and recursion.

const LENGTH: i32 = 20_000;
const values = new StaticArray<u32>(LENGTH);

function sort(from: i32, to: i32): void {
  while (from < to) {
    const pivot = values[(from + to) >> 1];
    let left = from - 1;
    let right = to + 1;
    while (true) {
      do left++;
      while (values[left] < pivot);
      do right--;
      while (values[right] > pivot);
      if (left >= right) break;
      const swapped = values[left];
      values[left] = values[right];
      values[right] = swapped;
    }
    sort(from, right);
    from = right + 1;
  }
}

/** Of the sorted numbers, weighted with their places; 0 if they are not in order. */
export function quicksort(rounds: i32): u32 {
  let sum: u32 = 0;
  for (let round = 0; round < rounds; round++) {
    let random: u32 = 1;
    for (let i = 0; i < LENGTH; i++) {
      random = random * 1664525 + 1013904223;
      values[i] = random >> 8;
    }
    sort(0, LENGTH - 1);
    sum = values[0];
    for (let i = 1; i < LENGTH; i++) {
      if (values[i - 1] > values[i]) return 0;
      sum += values[i] * <u32>i;
    }
  }
  return sum;
}

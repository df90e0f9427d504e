import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{gateway,runtime,host-functions,guest-sdk,examples,benchmarks}/**/*.test.ts', '*.test.ts'],
    // Threads would make the tests of worker threads, signals and process limits share a process.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});

#!/usr/bin/env node
// The `wasmgate` command. Says what is wrong with an old Node before anything is loaded that it cannot parse.

const NEEDED_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) {
  process.stderr.write(
    `wasmgate: needs Node ${NEEDED_MAJOR} or newer, this is ${process.versions.node}: ` +
      'upgrade Node, or run it with `npx --package=node@26 --package=wasmgate wasmgate`\n',
  );
  process.exitCode = 1;
} else {
  const { main } = await import('./main.ts');
  await main(process.argv);
}

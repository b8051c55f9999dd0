/** Two kinds of tests: `unit` (pure, in milliseconds) and `real` (processes, networks, databases; one file at a time). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{src,test,sim,bench,scripts}/**/*.test.ts'],
          exclude: ['**/*.real.test.ts', '**/node_modules/**'],
          // Against what never ends: tests of detector and simulator take seconds by themselves, more on a busy machine.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['{src,test,sim,bench}/**/*.real.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});

/** Builds the console into `.holdfast/console/`, which is never committed; controllers serve it under /console/. */
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { precompress } from './precompress.ts';

export default defineConfig({
  root: import.meta.dirname,
  base: './',
  plugins: [react(), precompress()],
  build: {
    outDir: '../../.holdfast/console',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    // Nothing inline, so that the page's policy can forbid it.
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});

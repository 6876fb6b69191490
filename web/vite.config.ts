import { defineConfig } from 'vitest/config'

// Nothing is inlined, neither scripts nor images: the panel's content security policy allows neither.
export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: process.env['POSTERN_WEB_DIST'] ?? '../build/web/dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: { environment: 'happy-dom', include: ['test/**/*.test.{ts,tsx}'] },
})

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** A running server to ask while the page is developed: `NARTHEX_URL=http://... vite preview`. */
const apiUrl = process.env.NARTHEX_URL ?? 'http://127.0.0.1:9090'
const proxy = { '/api': apiUrl, '/-': apiUrl }

export default defineConfig({
  root: import.meta.dirname,
  // Relative, so that the page works below any path prefix.
  base: './',
  plugins: [react()],
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    // No data: addresses, which the content security policy of the server would refuse.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy },
  preview: { proxy, headers: { 'Content-Security-Policy': "default-src 'self'" } },
})

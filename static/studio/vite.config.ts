// Builds into static/dist; templates find the files through manifest.json (django-vite).
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  base: "/static/dist/",
  plugins: [react()],
  worker: { format: "es" },
  build: {
    target: "es2023",
    outDir: "../dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    assetsInlineLimit: 0, // the content security policy allows files, not data
    chunkSizeWarningLimit: 900, // the budget is kept by budget.py
    modulePreload: { polyfill: false },
    rollupOptions: { input: ["src/entries/studio.tsx", "src/entries/leftEdits.ts"] },
  },
});

// Tests stand beside what they test; a file that needs a page says so in its first line.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [react()],
  test: {
    testTimeout: 60_000, // a busy machine is no failure
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    coverage: { include: ["src/studio/model/**"], exclude: ["**/*.test.*"] },
  },
});

import { useSyncExternalStore } from "react";
import { IconButton } from "../parts/Button";

const KEY = "auterity-theme";
type Theme = "light" | "dark";

/** Switch between light and dark; the choice is remembered in this browser. */
export function ThemeSwitch() {
  const theme = useSyncExternalStore(watch, shownTheme);
  const other = theme === "dark" ? "light" : "dark";
  return (
    <IconButton
      icon={theme === "dark" ? "sun" : "moon"}
      label={`Switch to the ${other} theme`}
      data-testid="theme-switch"
      onClick={toggleTheme}
    />
  );
}

export function toggleTheme(): void {
  const other = shownTheme() === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, other);
  document.documentElement.dataset["theme"] = other;
  window.dispatchEvent(new Event("themechange"));
}

function watch(listener: () => void): () => void {
  window.addEventListener("themechange", listener);
  return () => window.removeEventListener("themechange", listener);
}

/** Apply the remembered choice before anything is drawn. */
export function applyTheme(): void {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;
}

function shownTheme(): Theme {
  const chosen = document.documentElement.dataset["theme"];
  if (chosen === "light" || chosen === "dark") return chosen;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

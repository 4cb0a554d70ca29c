import { lazy, Suspense, type ComponentType } from "react";

const waiting: (() => Promise<unknown>)[] = [];

/** Make a part that is fetched apart from the entry: when it is first shown, or when there is time. */
export function lazily<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  const Part = lazy(async () => ({ default: await load() }));
  waiting.push(load);
  return function Later(props: P) {
    return (
      <Suspense fallback={null}>
        <Part {...props} />
      </Suspense>
    );
  };
}

/** Fetch something with the parts, while nothing else is to do. */
export function fetchWithParts(load: () => Promise<unknown>): void {
  waiting.push(load);
}

/** Fetch all parts while nothing else is to do, so that each opens at once. */
export function fetchParts(): void {
  for (const load of waiting.splice(0))
    requestIdleCallback(() => void load().catch(() => undefined)); // shown, it is asked for again
}

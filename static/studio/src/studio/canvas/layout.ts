import type { LayoutTask, Places } from "../model/layout";

/** Lay out in a worker; it ends with its answer. */
export function layoutInWorker(task: LayoutTask): Promise<Places> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL("./layout.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = (event: MessageEvent<Places>) => {
      resolve(event.data);
      worker.terminate();
    };
    worker.onerror = () => {
      reject(new Error("The layout could not be computed."));
      worker.terminate();
    };
    worker.postMessage(task);
  });
}

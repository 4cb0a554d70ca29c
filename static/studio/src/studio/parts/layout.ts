import type { LayoutTask, Places } from "../model/layout";

/** Lay out in a worker; it ends with its answer. */
function layoutInWorker(task: LayoutTask): Promise<Places> {
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

const GLIDE = 260;

/** Lay out in a worker, and let the steps glide to their places. */
export async function layoutOnCanvas(task: LayoutTask): Promise<Places> {
  const places = await layoutInWorker(task);
  const canvas = document.querySelector(".canvas-root");
  canvas?.setAttribute("data-arranging", "");
  setTimeout(() => canvas?.removeAttribute("data-arranging"), GLIDE);
  return places;
}

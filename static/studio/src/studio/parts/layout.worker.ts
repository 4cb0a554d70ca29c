// Layout beside the page's thread: a thousand steps take about a second.

import { arranged, type LayoutTask } from "../model/layout";

self.onmessage = (event: MessageEvent<LayoutTask>) => self.postMessage(arranged(event.data));

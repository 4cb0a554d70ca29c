// Pinned outputs and data sets over HTTP.

import { call, get, post } from "../../lib/api";
import type { Boot, Pin } from "../model/boot";
import type { Json, JsonObject } from "../model/json";

export interface DataSet {
  id: string;
  name: string;
  inputs: JsonObject;
  /** Whether `expected` is what should come out; else nothing is known of that yet. */
  compares: boolean;
  expected: Json;
}

export class TryingApi {
  constructor(readonly urls: Boot["urls"]) {}

  async pins(): Promise<Pin[]> {
    return (await get<{ results: Pin[] }>(this.urls.pins)).results;
  }

  pin(node: string, output: Json, port: string): Promise<Pin> {
    return call("PUT", `${this.urls.pins}${node}/`, { body: { output, port } });
  }

  unpin(node: string): Promise<void> {
    return call("DELETE", `${this.urls.pins}${node}/`);
  }

  async dataSets(): Promise<DataSet[]> {
    return (await get<{ results: DataSet[] }>(this.urls.dataSets)).results;
  }

  addDataSet(set: Pick<DataSet, "name" | "inputs">): Promise<DataSet> {
    return post(this.urls.dataSets, set);
  }

  changeDataSet(id: string, change: Partial<Omit<DataSet, "id">>): Promise<DataSet> {
    return call("PATCH", `${this.urls.dataSets}${id}/`, { body: change });
  }

  removeDataSet(id: string): Promise<void> {
    return call("DELETE", `${this.urls.dataSets}${id}/`);
  }
}

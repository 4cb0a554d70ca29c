// @vitest-environment jsdom
// Something small over the page: it takes the keyboard and gives it back.

import { act, useState } from "react";
import { createRoot, type Root } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Spot } from "../model/panels";
import { Menu, type MenuItem } from "./Menu";
import { Popup } from "./Popup";
import { SearchList } from "./SearchList";

let element: HTMLElement;
let root: Root;

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  element = document.body.appendChild(document.createElement("div"));
  root = createRoot(element);
});

afterEach(async () => {
  await act(async () => root.unmount());
  element.remove();
});

const show = (part: React.ReactNode) => act(async () => root.render(part));
const opener = () => element.querySelector<HTMLElement>("#opener")!;
const press = (key: string) =>
  act(async () => {
    document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  });
const open = () =>
  act(async () => {
    opener().focus();
    opener().click();
  });

function Opening({ part }: { part: (close: () => void) => React.ReactNode }) {
  const [shown, setShown] = useState(false);
  return (
    <>
      <button id="opener" type="button" onClick={() => setShown(true)} />
      {shown && part(() => setShown(false))}
    </>
  );
}

const ITEMS: MenuItem[] = ["One", "Two", "Two"].map((label) => ({ label, icon: "box", run: () => undefined }));

test.each(["Escape", "Tab", "Enter"])("a menu that is left by %s gives the keyboard back", async (key) => {
  await show(<Opening part={(close) => <Menu at={[0, 0]} label="Menu" items={ITEMS} onClose={close} />} />);
  await open();
  expect(document.activeElement?.textContent).toBe("One");
  if (key === "Enter") await act(async () => (document.activeElement as HTMLElement).click());
  else await press(key);
  expect(element.querySelector("[role=menu]")).toBeNull();
  expect(document.activeElement).toBe(opener());
});

test("entries that come anew leave the keyboard where it is", async () => {
  const menu = (items: MenuItem[]) => <Menu at={[0, 0]} label="Menu" items={items} onClose={() => undefined} />;
  await show(menu(ITEMS));
  await press("ArrowDown");
  await show(menu([...ITEMS]));
  expect(document.activeElement).toBe(element.querySelectorAll("[role=menuitem]")[1]);
});

test.each(["Escape", "Tab"])("a list of choices is left by %s", async (key) => {
  const choice = (close: () => void) => (
    <Popup at={[0, 0]} label="Choice" onClose={close} brief>
      <SearchList items={[]} label="Choice" placeholder="" nothing="" onChoose={() => undefined} onClose={close} />
    </Popup>
  );
  await show(<Opening part={choice} />);
  await open();
  expect(document.activeElement?.tagName).toBe("INPUT");
  await press(key);
  expect(element.querySelector("[role=dialog]")).toBeNull();
  expect(document.activeElement).toBe(opener());
});

test("keys that hold everywhere go through a list of choices", async () => {
  const heard: string[] = [];
  const listen = ({ key }: KeyboardEvent) => heard.push(key);
  window.addEventListener("keydown", listen);
  const list = { items: [], label: "Find", placeholder: "", nothing: "", onChoose: () => undefined };
  await show(<SearchList {...list} />);
  await press("ArrowDown");
  await press("f");
  expect(heard).toEqual(["f"]);
  await act(async () => (document.activeElement as HTMLElement).blur());
  await show(<SearchList {...list} asked={1} />);
  expect(document.activeElement?.tagName).toBe("INPUT");
  window.removeEventListener("keydown", listen);
});

test("what belongs to a step opens before it where there is no room after it", async () => {
  vi.spyOn(HTMLElement.prototype, "offsetWidth", "get").mockReturnValue(200);
  const left = async (at: Spot) => {
    await show(<Popup key={at.join()} at={at} label="Menu" onClose={() => undefined}>{null}</Popup>);
    return element.querySelector<HTMLElement>("[role=dialog]")!.style.left;
  };
  expect(await left([300, 0, 40])).toBe("300px");
  expect(await left([innerWidth - 100, 0, 500])).toBe("300px");
  expect(await left([innerWidth - 100, 0, 150])).toBe(`${innerWidth - 208}px`); // no room on either side
  expect(await left([innerWidth - 100, 0])).toBe(`${innerWidth - 208}px`);
  vi.restoreAllMocks();
});

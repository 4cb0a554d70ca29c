// @vitest-environment jsdom
// A credential in a step's form: found by name, made on the spot, and never seen.

import { act } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Boot } from "../../model/boot";
import { Editor } from "../../model/editor";
import { fieldsOf } from "../../model/fields";
import type { Json } from "../../model/json";
import { boot, chainDoc } from "../../model/samples";
import { StepProvider, type StepContext } from "../context";
import { mounted, write } from "../mounted";
import { CredentialWidget } from "./CredentialWidget";
import type { ControlProps } from "./props";

const STOCK = { id: "c1", name: "Stock", kind: "bearer", last4: "", hosts: ["api.example.com"], enabled: true, may_use: true };
const OLD = { ...STOCK, id: "c2", name: "Old", kind: "header", enabled: false };
const THEIRS = { ...STOCK, id: "c3", name: "Theirs", may_use: false };
const secret = { type: "string", title: "Token", writeOnly: true };
const KINDS = [
  { name: "bearer", label: "Bearer token", icon: "shield-check", about: "", schema: { properties: { token: secret } } },
  {
    name: "headers",
    label: "Custom headers",
    icon: "layers",
    about: "",
    schema: { properties: { names: { type: "array", readOnly: true }, headers: { type: "object", title: "Headers", writeOnly: true } } },
  },
];
const [field] = fieldsOf({ properties: { credential: { type: "string", default: "", "x-widget": "credential" } } });
let listed: object[] = [];
let answer: { status: number; body: object } = { status: 201, body: {} };
let sent: Json[] = [];
let leave: () => Promise<void> = async () => undefined;

beforeEach(() => {
  Element.prototype.scrollIntoView = () => undefined; // which jsdom lacks
  listed = [STOCK, OLD, THEIRS];
  sent = [];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (init.method === "POST") {
      sent.push(JSON.parse(String(init.body)) as Json);
      return told(answer.body, answer.status);
    }
    if (url.includes("/kinds/")) return told({ results: KINDS });
    if (url.includes("?")) return told({ results: listed });
    const found = [STOCK, OLD].find(({ id }) => url.endsWith(`/${id}/`));
    return found ? told(found) : told({ detail: "There is nothing here." }, 404);
  });
});
afterEach(async () => {
  await leave();
  vi.unstubAllGlobals();
});

const told = (body: object, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/json" } });
const settled = () => act(async () => new Promise((done) => setTimeout(done, 5)));
const all = (name: string) => [...document.querySelectorAll<HTMLElement>(`[data-testid=${name}]`)];
const press = (element: HTMLElement | undefined) => act(async () => element!.click());

async function opened(value: Json | undefined, credentials: Partial<Boot["credentials"]> = {}) {
  const editor = new Editor(boot({ credentials: { see: true, make: true, folder: null, ...credentials } }));
  editor.attach(chainDoc());
  const stored = vi.fn<(value: Json | undefined) => void>();
  const step = { id: "a", prefix: "", scope: {}, valuesFor: () => null, readOnly: false } as unknown as StepContext;
  const shown = await mounted(
    editor,
    <StepProvider value={step}>
      <CredentialWidget
        field={field!}
        value={value}
        onChange={stored}
        id="f"
        testId="t"
        invalid={false}
        describedBy={undefined}
        readOnly={false}
        Control={(_: ControlProps) => null}
      />
    </StepProvider>,
  );
  leave = shown.leave;
  await settled();
  const button = shown.element.querySelector<HTMLButtonElement>("[data-testid=t]")!;
  const open = async () => {
    await press(button);
    await settled();
  };
  return { stored, button, open, element: shown.element };
}

test("those that one may use are offered with their kind; a disabled one says so", async () => {
  const { stored, button, open } = await opened(undefined);
  expect(button.textContent).toBe("None");
  await open();
  expect(all("credential-option").map(({ textContent }) => textContent)).toEqual(["StockBearer token", "Olddisabled"]);
  const icons = all("credential-option").map((each) => each.querySelector("use")!.getAttribute("href"));
  expect(icons).toEqual([expect.stringContaining("#shield-check"), expect.stringContaining("#key")]);
  await press(all("credential-option")[0]);
  expect(stored.mock.calls).toEqual([["c1"]]);
  expect(document.activeElement).toBe(button);
});

test("the keyboard alone chooses one, and leaves without a choice", async () => {
  const { stored, button, open } = await opened(undefined);
  await open();
  const search = document.querySelector<HTMLInputElement>("[role=combobox]")!;
  const key = (name: string) => act(async () => search.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true })));
  await key("ArrowDown");
  expect(document.querySelector("[aria-selected=true]")!.textContent).toContain("Old");
  await key("Enter");
  expect(stored.mock.calls).toEqual([["c2"]]);
  await open();
  await act(async () => document.querySelector("[role=combobox]")!.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true })));
  expect([all("credential-option"), document.activeElement]).toEqual([[], button]);
});

test("what is chosen is named with its hosts; what cannot be seen, was left behind or is forbidden says so", async () => {
  const known = await opened("c1");
  expect(known.element.textContent).toBe("StockSent to api.example.com");
  await leave();
  expect((await opened("gone")).button.textContent).toBe("A credential that you cannot see");
  await leave();
  expect((await opened("left-behind")).button.textContent).toBe("Left in another workspace");
  await leave();
  const barred = await opened("c1", { see: false, make: false });
  expect(barred.button.disabled).toBe(true);
  expect(barred.element.textContent).toContain("Ask an admin");
});

test("without any it says so; who may not make one is not offered it", async () => {
  listed = [];
  const { open } = await opened(undefined, { make: false });
  await open();
  expect(document.querySelector("[role=status]")!.textContent).toBe("There is no credential that you may use yet.");
  expect(all("credential-new")).toEqual([]);
});

test("a new one is made from the kind's schema and chosen; a refusal stands at its field", async () => {
  const { stored, open } = await opened(undefined, { folder: "f1" });
  await open();
  await press(all("credential-new")[0]);
  await settled();
  const input = (name: string) => all(`credential-${name}`)[0] as HTMLInputElement;
  expect([input("token").type, input("token").autocomplete]).toEqual(["password", "new-password"]);
  await write(input("name"), "Fresh");
  await write(input("token"), "a b");
  const area = input("hosts");
  await act(async () => {
    Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value")!.set!.call(area, "api.example.com\nb.example");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  const keep = async () => {
    await press(all("credential-keep")[0]);
    await settled();
  };
  answer = { status: 422, body: { errors: [{ field: "values.token", message: "It holds signs that cannot be sent there.", code: "invalid" }] } };
  await keep();
  expect(document.getElementById(input("token").getAttribute("aria-describedby")!)!.textContent).toContain("It holds signs");
  answer = { status: 403, body: { code: "proof_required", detail: "Show that it is you first." } };
  await keep();
  expect(all("credential-problem")[0]!.textContent).toContain("Show that it is you first.");
  answer = { status: 201, body: { ...STOCK, id: "c9", name: "Fresh" } };
  await keep();
  expect(sent.at(-1)).toEqual({
    name: "Fresh",
    kind: "bearer",
    values: { token: "a b" },
    hosts: ["api.example.com", "b.example"],
    folder: "f1",
  });
  expect(stored.mock.calls).toEqual([["c9"]]);
  expect(all("credential-keep")).toEqual([]);
});

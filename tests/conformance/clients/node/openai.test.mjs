// npm's openai against the product.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ baseURL: process.env.GATEWAY, apiKey: process.env.KEY, maxRetries: 0 });
const SAID = "Hello from the fake";
const messages = [{ role: "user", content: "Say hello" }];
const parameters = { type: "object", properties: { q: { type: "string" } } };

test("chat and its usage", async () => {
  const { data, request_id } = await client.chat.completions
    .create({ model: "fake/ok", messages })
    .withResponse();
  assert.equal(data.choices[0].message.content, SAID);
  assert.equal(data.usage.total_tokens, 1200);
  assert.ok(request_id);
});

test("a stream, with usage only where it is asked for", async () => {
  const seen = async (options) => {
    const parts = [];
    const asked = { model: "fake/ok", messages, stream: true, ...options };
    for await (const part of await client.chat.completions.create(asked)) parts.push(part);
    return parts;
  };
  const plain = await seen({});
  assert.equal(plain.map((part) => part.choices[0].delta.content ?? "").join(""), SAID);
  const counted = await seen({ stream_options: { include_usage: true } });
  assert.deepEqual(counted.at(-1).choices, []);
  assert.equal(counted.at(-1).usage.total_tokens, 1200);
  assert.equal(counted.length, plain.length + 1);
});

test("tools come whole, and put together of a stream", async () => {
  const tools = [{ type: "function", function: { name: "look_up", parameters } }];
  const whole = await client.chat.completions.create({ model: "fake/tool", messages, tools });
  assert.equal(whole.choices[0].message.tool_calls[0].function.name, "look_up");
  const asked = { model: "fake/tools", messages, tools };
  const message = await client.chat.completions.stream(asked).finalMessage();
  const said = message.tool_calls.map((call) => JSON.parse(call.function.arguments));
  assert.deepEqual(said, [{ q: "x" }, { a: 1, b: 2 }]);
});

test("structured output is parsed", async () => {
  const response_format = zodResponseFormat(z.object({ answer: z.string() }), "yes");
  const told = await client.chat.completions.parse({ model: "fake/ok", messages, response_format });
  assert.deepEqual(told.choices[0].message.parsed, { answer: "yes" });
});

test("images reach the model", async () => {
  const url = "data:image/png;base64,AAAA";
  const content = [{ type: "image_url", image_url: { url } }];
  const asked = { model: "fake/echo", messages: [{ role: "user", content }] };
  const told = await client.chat.completions.create(asked);
  assert.ok(told.choices[0].message.content.includes(url));
});

test("embeddings", async () => {
  const told = await client.embeddings.create({ model: "fake/vectors", input: ["a", "b"] });
  assert.deepEqual(told.data.map((each) => [...each.embedding]), [Array(4).fill(0.5), Array(4).fill(1.5)]);
});

test("responses, whole and as a stream", async () => {
  for (const model of ["fake/ok", "native/ok"]) {
    const told = await client.responses.create({ model, input: "Say hello" });
    assert.equal(told.output_text, SAID);
    const final = await client.responses.stream({ model, input: "Say hello" }).finalResponse();
    assert.equal(final.usage.total_tokens, 1200);
  }
});

test("errors are those that it knows", async () => {
  const refused = async (model, kind, status, code, by = client) => {
    const failure = await by.chat.completions.create({ model, messages }).catch((error) => error);
    assert.ok(failure instanceof kind);
    assert.deepEqual([failure.status, failure.code], [status, code]);
    return failure;
  };
  const stranger = client.withOptions({ apiKey: "aut_wrong" });
  await refused("fake/ok", OpenAI.AuthenticationError, 401, "invalid_api_key", stranger);
  await refused("nowhere", OpenAI.NotFoundError, 404, "model_not_found");
  await refused("fake/too-long", OpenAI.BadRequestError, 400, "context_length_exceeded");
  await refused("fake/no-quota", OpenAI.RateLimitError, 429, "insufficient_quota");
  const busy = await refused("fake/error-429", OpenAI.RateLimitError, 429, "rate_limit_exceeded");
  assert.match(busy.headers.get("retry-after"), /^[1-7]$/);
  const stream = await client.chat.completions.create({ model: "fake/broken:node", messages, stream: true });
  await assert.rejects(async () => { for await (const _ of stream); }, /overloaded/);
});

test("leaving ends the call", async () => {
  const stream = await client.chat.completions.create({ model: "fake/stalls", messages, stream: true });
  for await (const part of stream) {
    assert.equal(part.choices[0].delta.content, "Hello");
    break;
  }
  stream.controller.abort();
});

// Vercel's AI SDK against the product: by its compatible provider, and by OpenAI's, which asks Responses.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, embedMany, generateText, isStepCount, Output, streamText, tool } from "ai";
import { z } from "zod";

const settings = { baseURL: process.env.GATEWAY, apiKey: process.env.KEY };
const compatible = createOpenAICompatible({ name: "auterity", includeUsage: true, supportsStructuredOutputs: true, ...settings });
const openai = createOpenAI(settings);
const stateless = { openai: { store: false } };
const SAID = "Hello from the fake";
const tools = {
  look_up: tool({
    description: "Look something up",
    inputSchema: z.object({ q: z.string() }),
    execute: async ({ q }) => `found ${q}`,
  }),
};
const strange = { ...settings, apiKey: "aut_wrong" };
const strangers = { compatible: createOpenAICompatible({ name: "auterity", ...strange }), openai: createOpenAI(strange) };
const both = (name, check) => {
  for (const [kind, provider] of Object.entries({ compatible, openai }))
    test(`${name} (${kind})`, () => check((model) => provider(`fake/${model}`), provider, strangers[kind]));
};

both("text and its usage", async (model) => {
  const told = await generateText({ model: model("ok"), prompt: "Say hello" });
  assert.equal(told.text, SAID);
  assert.deepEqual([told.usage.inputTokens, told.usage.outputTokens], [1000, 200]);
});

both("a stream and its usage", async (model) => {
  const told = streamText({ model: model("ok"), prompt: "Say hello" });
  const parts = [];
  for await (const part of told.textStream) parts.push(part);
  assert.deepEqual([parts.length, parts.join("")], [4, SAID]);
  assert.equal((await told.usage).outputTokens, 200);
  assert.equal(await told.finishReason, "stop");
});

both("reasoning", async (model) => {
  const told = streamText({ model: model("reason"), prompt: "Say hello" });
  assert.equal(await told.text, SAID);
  assert.equal(await told.reasoningText, "thinking");
});

both("tools go round", async (model) => {
  const asked = { model: model("tool-once"), prompt: "Look x up", tools, stopWhen: isStepCount(3), providerOptions: stateless };
  const told = await generateText(asked);
  assert.deepEqual([told.steps.length, told.text], [2, SAID]);
  assert.equal(told.steps[0].toolResults[0].output, "found x");
  const streamed = streamText(asked);
  assert.equal((await streamed.steps).length, 2);
});

both("structured output", async (model) => {
  const output = Output.object({ schema: z.object({ answer: z.string() }) });
  const told = await generateText({ model: model("ok"), prompt: "Yes?", output });
  assert.deepEqual(told.output, { answer: "yes" });
});

both("images", async (model) => {
  const content = [{ type: "image", image: new URL("data:image/png;base64,AAAA") }];
  const told = await generateText({ model: model("echo"), messages: [{ role: "user", content }] });
  assert.ok(told.text.includes("data:image/png;base64,AAAA"));
});

both("errors", async (model) => {
  const asked = { model: model("too-long"), prompt: "Say hello", maxRetries: 0 };
  const failure = await generateText(asked).catch((error) => error);
  assert.ok(APICallError.isInstance(failure));
  assert.equal(failure.statusCode, 400);
  assert.match(failure.message, /maximum context length/);
  const told = streamText({ model: model("broken:ai"), prompt: "Say hello", onError: () => {} });
  const kinds = [];
  for await (const part of told.fullStream) kinds.push(part.type);
  assert.ok(kinds.includes("error"));
});

both("errors are typed and say when to come back", async (model, provider, stranger) => {
  const refused = async (asked, status, code, isRetryable) => {
    const failure = await generateText({ model: asked, prompt: "Say hello", maxRetries: 0 }).catch((error) => error);
    assert.ok(APICallError.isInstance(failure));
    assert.deepEqual([failure.statusCode, failure.data.error.code, failure.isRetryable], [status, code, isRetryable]);
    return failure;
  };
  await refused(stranger("fake/ok"), 401, "invalid_api_key", false);
  await refused(provider("nowhere"), 404, "model_not_found", false);
  const busy = await refused(model("error-429"), 429, "rate_limit_exceeded", true);
  assert.match(busy.responseHeaders["retry-after"], /^[1-7]$/);
});

both("embeddings", async (_, provider) => {
  const { embeddings } = await embedMany({ model: provider.textEmbeddingModel("fake/vectors"), values: ["a", "b"] });
  assert.deepEqual(embeddings, [Array(4).fill(0.5), Array(4).fill(1.5)]);
});

test("an upstream that speaks Responses", async () => {
  const told = await generateText({ model: openai("native/ok"), prompt: "Say hello" });
  assert.equal(told.text, SAID);
});

both("leaving ends the call", async (model) => {
  const gone = new AbortController();
  const told = streamText({ model: model("stalls"), prompt: "Hello", abortSignal: gone.signal, onError: () => {} });
  for await (const part of told.fullStream) if (part.type === "text-delta") gone.abort();
});

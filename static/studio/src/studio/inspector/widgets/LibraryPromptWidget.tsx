import { useEffect, useState } from "react";
import { get } from "../../../lib/api";
import { shown } from "../../model/fields";
import { useEditor } from "../../model/hooks";
import type { Json } from "../../model/json";
import type { WidgetProps } from "./props";

interface Prompt {
  slug: string;
  name: string;
  newest: number;
  labels: { name: string; version: number }[];
}

interface Variable {
  name: string;
  type: string;
  required: boolean;
  default: Json;
}

interface Version {
  content: { variables: Variable[] };
}

type Known = readonly Prompt[] | null;

/** A prompt of the library: which one, and its label, a fixed version or always the newest. */
export function LibraryPromptWidget({ value, onChange, id, testId, invalid, describedBy, readOnly, label }: WidgetProps) {
  const editor = useEditor();
  const [slug = "", wanted = ""] = shown(value).split("@");
  const known = usePrompts(editor.boot.urls.api);
  const prompt = known?.find((each) => each.slug === slug);
  const choose = (next: string) => {
    const found = known?.find((each) => each.slug === next);
    const usual = found?.labels.find(({ name }) => name === "production")?.name;
    onChange(found ? reference(next, usual ?? "") : undefined);
  };
  return (
    <>
      <select
        id={id}
        className="input"
        value={slug}
        disabled={readOnly}
        aria-label={label}
        aria-invalid={invalid || undefined}
        aria-describedby={describedBy}
        data-testid={testId}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">None, the words below</option>
        {slug && !prompt && <option value={slug}>{slug}</option>}
        {known?.map((each) => (
          <option key={each.slug} value={each.slug}>
            {each.name}
          </option>
        ))}
      </select>
      {prompt && (
        <select
          className="input"
          value={wanted}
          disabled={readOnly}
          aria-label="Label or version"
          data-testid={`${testId}-version`}
          onChange={(event) => onChange(reference(slug, event.target.value))}
        >
          {choicesOf(prompt, wanted).map(([name, words]) => (
            <option key={name} value={name}>
              {words}
            </option>
          ))}
        </select>
      )}
      {slug && known && !prompt && <span className="field-hint">{`The library has no prompt “${slug}” that you may see.`}</span>}
      {prompt && <Variables prompt={prompt} wanted={wanted} />}
    </>
  );
}

/** The variables that the chosen version wants, to be given below. */
function Variables({ prompt, wanted }: { prompt: Prompt; wanted: string }) {
  const { api } = useEditor().boot.urls;
  const number = numberOf(prompt, wanted);
  const [found, setFound] = useState<readonly Variable[] | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    setFound(null);
    if (number !== null) {
      get<Version>(`${api}gateway/prompts/${prompt.slug}/versions/${number}/`, { signal: stop.signal })
        .then(({ content }) => setFound(content.variables))
        .catch(() => setFound(null));
    }
    return () => stop.abort();
  }, [api, prompt.slug, number]);
  if (number === null) return <span className="field-hint">{`“${prompt.name}” has no ${wanted}.`}</span>;
  if (!found) return null;
  const names = found.map((each) => `${each.name} (${each.type}${each.required && each.default === null ? "" : ", optional"})`);
  return <span className="field-hint">{names.length ? `Variables: ${names.join(", ")}.` : "It has no variables."}</span>;
}

function reference(slug: string, wanted: string): string {
  return wanted ? `${slug}@${wanted}` : slug;
}

/** Return what can be asked for of a prompt: what is chosen first of all, also if it is gone. */
function choicesOf(prompt: Prompt, chosen: string): (readonly [string, string])[] {
  const labels = prompt.labels.map(({ name, version }) => [name, `@${name}, now v${version}`] as const);
  const versions = Array.from({ length: prompt.newest }, (_, place) => String(prompt.newest - place));
  const found = [["", `Always the newest, now v${prompt.newest}`] as const, ...labels, ...versions.map((each) => [each, `v${each}`] as const)];
  return found.some(([name]) => name === chosen) ? found : [[chosen, chosen] as const, ...found];
}

function numberOf(prompt: Prompt, wanted: string): number | null {
  if (!wanted) return prompt.newest;
  if (/^\d+$/.test(wanted)) return Number(wanted) <= prompt.newest ? Number(wanted) : null;
  return prompt.labels.find(({ name }) => name === wanted)?.version ?? null;
}

function usePrompts(api: string): Known {
  const [known, setKnown] = useState<Known>(null);
  useEffect(() => {
    const stop = new AbortController();
    get<{ results: Prompt[] }>(`${api}gateway/prompts/?page_size=100`, { signal: stop.signal })
      .then(({ results }) => setKnown([...results].sort((a, b) => a.name.localeCompare(b.name))))
      .catch(() => !stop.signal.aborted && setKnown([]));
    return () => stop.abort();
  }, [api]);
  return known;
}

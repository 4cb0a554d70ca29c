import { useEffect, useState } from "react";
import { ApiError, get } from "../../../lib/api";
import { shown } from "../../model/fields";
import { useEditor, useNode } from "../../model/hooks";
import { useStep } from "../context";
import { useDraft } from "../useDraft";
import { placeholderOf, type WidgetProps } from "./props";

/** Rules that many want, to begin with. */
const USUAL: [rule: string, words: string][] = [
  ["0 9 * * MON-FRI", "Weekdays at 9:00"],
  ["0 0 * * *", "At midnight"],
  ["0 * * * *", "At the full hour"],
  ["0 9 * * MON", "Mondays at 9:00"],
  ["0 9 1 * *", "On the first of the month at 9:00"],
];
const PAUSE = 300; // while somebody types

/** A cron rule, with what it says and when it comes true next, as the server reads it. */
export function CronWidget(props: WidgetProps) {
  const { field, id, testId, invalid, describedBy, readOnly, label } = props;
  const [draft, write] = useDraft(shown(props.value), (text) => props.onChange(text.trim() || undefined));
  const zone = useZone();
  const { said, problem } = useFireTimes(draft.trim(), zone);
  const told = `${id}-times`;
  return (
    <>
      <input
        id={id}
        className="input input-mono"
        list={`${id}-usual`}
        value={draft}
        placeholder={placeholderOf(field) || "0 9 * * MON-FRI"}
        maxLength={field.maxLength}
        readOnly={readOnly}
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        aria-invalid={invalid || problem !== "" || undefined}
        aria-describedby={[describedBy, told].filter(Boolean).join(" ")}
        data-testid={testId}
        onChange={(event) => write(event.target.value)}
      />
      <datalist id={`${id}-usual`}>
        {USUAL.map(([rule, words]) => (
          <option key={rule} value={rule}>
            {words}
          </option>
        ))}
      </datalist>
      <div id={told} className="fire-times" role="status" data-testid={`${testId}-times`}>
        {problem && !invalid && <span className="field-error">{problem}</span>}
        {said && (
          <>
            <strong>{said.words}</strong>
            <ol>
              {said.times.map((time) => (
                <li key={time}>
                  <time dateTime={time}>{inZone(time, zone ?? "UTC")}</time>
                </li>
              ))}
            </ol>
            <span className="quiet">{zone === null ? "Read in UTC; the time zone is an expression." : `In ${zone}.`}</span>
          </>
        )}
      </div>
    </>
  );
}

/** The time zone that the step names; null where only a run knows it. */
function useZone(): string | null {
  const zone = useNode(useStep().id)?.config["timezone"];
  if (typeof zone !== "string" || !zone.trim()) return "UTC";
  return zone.includes("{{") ? null : zone.trim();
}

interface FireTimes {
  words: string;
  times: string[];
}

function useFireTimes(rule: string, zone: string | null): { said: FireTimes | null; problem: string } {
  const { api } = useEditor().boot.urls;
  const [found, setFound] = useState<{ said: FireTimes | null; problem: string }>({ said: null, problem: "" });
  useEffect(() => {
    if (!rule) {
      setFound({ said: null, problem: "" });
      return;
    }
    const stop = new AbortController();
    const asked = new URLSearchParams({ cron: rule, ...(zone ? { time_zone: zone } : {}) });
    const ask = () =>
      get<FireTimes>(`${api}fire-times/?${asked}`, { signal: stop.signal })
        .then((said) => setFound({ said, problem: "" }))
        .catch((error: unknown) => {
          if (!stop.signal.aborted) setFound({ said: null, problem: why(error) });
        });
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [api, rule, zone]);
  return found;
}

function why(error: unknown): string {
  const [first] = error instanceof ApiError ? error.errors : [];
  return first?.message ?? (error instanceof Error ? error.message : String(error));
}

function inZone(time: string, zone: string): string {
  const words: Intl.DateTimeFormatOptions = {
    timeZone: zone, weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  };
  return new Intl.DateTimeFormat(document.documentElement.lang || "en", words).format(new Date(time));
}

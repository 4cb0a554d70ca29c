import { useEffect, useId, useState } from "react";
import { ApiError } from "../../../lib/api";
import { createCredential, credentialKinds, type Credential, type CredentialKind } from "../../collab/credentialApi";
import type { Schema } from "../../model/boot";
import { labelOf } from "../../model/fields";
import { useEditor } from "../../model/hooks";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Icon } from "../../parts/Icon";
import { useStep } from "../context";

interface Props {
  onMade: (made: Credential) => void;
  onClose: () => void;
}

type Problems = Record<string, string>;

/** Keeps a new credential; its fields are those of the kind's schema. */
export function NewCredentialDialog({ onMade, onClose }: Props) {
  const { boot } = useEditor();
  const [kinds, setKinds] = useState<readonly CredentialKind[] | null>(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let here = true;
    credentialKinds(boot)
      .then((found) => here && setKinds(found))
      .catch((error: unknown) => here && setProblem(error instanceof Error ? error.message : String(error)));
    return () => {
      here = false;
    };
  }, [boot]);
  return (
    <Dialog open onClose={onClose} title="New credential">
      {kinds ? (
        <CredentialForm kinds={kinds} onMade={onMade} onClose={onClose} />
      ) : (
        <div className="dialog-body">
          {problem ? (
            <p className="error-block" role="alert">
              {problem}
            </p>
          ) : (
            <p className="quiet" role="status">
              Loading the kinds…
            </p>
          )}
        </div>
      )}
    </Dialog>
  );
}

function CredentialForm({ kinds, onMade, onClose }: Props & { kinds: readonly CredentialKind[] }) {
  const { boot } = useEditor();
  const [kind, setKind] = useState(kinds[0]!);
  const [name, setName] = useState("");
  const [values, setValues] = useState<Record<string, string>>({});
  const [hosts, setHosts] = useState(useHostOfStep());
  const [problems, setProblems] = useState<Problems>({});
  const [busy, setBusy] = useState(false);
  const fields = fieldsOf(kind);
  const keep = async () => {
    setBusy(true);
    setProblems({});
    try {
      const told = Object.fromEntries(fields.map(([key, schema]) => [key, valueOf(schema, values[key] ?? defaultOf(schema))]));
      const places = hosts.split(/[\s,;]+/).filter(Boolean);
      onMade(await createCredential(boot, { name, kind: kind.name, values: told, hosts: places }));
    } catch (error) {
      setProblems(problemsOf(error));
      setBusy(false);
    }
  };
  return (
    <form
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void keep();
      }}
    >
      <div className="dialog-body form-fields">
        {problems[""] && (
          <p className="error-block" role="alert" data-testid="credential-problem">
            {problems[""]}{" "}
            <a href={`${boot.urls.credentials}new/${kind.name}/`} target="_blank" rel="noreferrer">
              Open its page
            </a>
          </p>
        )}
        <Labelled label="Name" problem={problems["name"]}>
          {(field) => (
            <input {...field} className="input" value={name} maxLength={120} required data-testid="credential-name" onChange={(event) => setName(event.target.value)} />
          )}
        </Labelled>
        <Labelled label="Kind" problem={problems["kind"]} hint={kind.about}>
          {(field) => (
            <select
              {...field}
              className="input"
              value={kind.name}
              data-testid="credential-kind"
              onChange={(event) => {
                setKind(kinds.find((each) => each.name === event.target.value) ?? kind);
                setValues({});
              }}
            >
              {kinds.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.label}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        {fields.map(([key, schema]) => (
          <ValueField
            key={`${kind.name}.${key}`}
            name={key}
            schema={schema}
            value={values[key] ?? defaultOf(schema)}
            problem={problems[key]}
            onChange={(next) => setValues({ ...values, [key]: next })}
          />
        ))}
        <Labelled label="May be sent to" problem={problems["hosts"]} hint="To these hosts and to no other. One a line, such as api.example.com.">
          {(field) => (
            <textarea {...field} className="input mono" rows={2} value={hosts} required spellCheck={false} data-testid="credential-hosts" onChange={(event) => setHosts(event.target.value)} />
          )}
        </Labelled>
      </div>
      <footer className="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" type="submit" disabled={busy} data-testid="credential-keep">
          Keep credential
        </Button>
      </footer>
    </form>
  );
}

interface ValueProps {
  name: string;
  schema: Schema;
  value: string;
  problem: string | undefined;
  onChange: (value: string) => void;
}

function ValueField({ name, schema, value, problem, onChange }: ValueProps) {
  const shared = { className: "input mono", value, required: true, spellCheck: false, "data-testid": `credential-${name}` };
  return (
    <Labelled label={labelOf(name, schema.title)} problem={problem} {...(schema.type === "object" ? { hint: "Name: value, one a line." } : {})}>
      {(field) =>
        schema.type === "object" ? (
          <textarea {...field} {...shared} rows={3} onChange={(event) => onChange(event.target.value)} />
        ) : (
          <input
            {...field}
            {...shared}
            type={schema.writeOnly ? "password" : "text"}
            autoComplete={schema.writeOnly ? "new-password" : "off"}
            onChange={(event) => onChange(event.target.value)}
          />
        )
      }
    </Labelled>
  );
}

interface LabelledProps {
  label: string;
  problem: string | undefined;
  hint?: string;
  children: (field: { id: string; "aria-invalid"?: true; "aria-describedby"?: string }) => React.ReactNode;
}

function Labelled({ label, problem, hint, children }: LabelledProps) {
  const id = useId();
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="field" data-invalid={problem !== undefined || undefined}>
      <label htmlFor={id}>{label}</label>
      {children({ id, ...(problem ? { "aria-invalid": true } : {}), ...(described ? { "aria-describedby": described } : {}) })}
      {problem && (
        <p id={`${id}-problem`} className="field-error">
          <Icon name="circle-alert" size={12} />
          <span>{problem}</span>
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="field-hint">
          {hint}
        </p>
      )}
    </div>
  );
}

/** The host that the step calls, where its address is plain text up to there. */
function useHostOfStep(): string {
  const { id } = useStep();
  const url = useEditor().store.nodes.get(id)?.config["url"];
  return typeof url === "string" ? (/^https?:\/\/([^/?#{}\s@]+)(?=[/?#]|$)/i.exec(url)?.[1] ?? "") : "";
}

function fieldsOf(kind: CredentialKind): [string, Schema][] {
  return Object.entries(kind.schema.properties ?? {}).filter(([, schema]) => !schema.readOnly);
}

function defaultOf(schema: Schema): string {
  return typeof schema.default === "string" ? schema.default : "";
}

function valueOf(schema: Schema, text: string): string | Record<string, string> {
  if (schema.type !== "object") return text;
  const lines = text.split("\n").filter((line) => line.trim());
  return Object.fromEntries(
    lines.map((line) => {
      const [name = "", ...rest] = line.split(":");
      return [name.trim(), rest.join(":").trim()];
    }),
  );
}

/** Return what was refused by field; under "" what belongs to none of them. */
function problemsOf(error: unknown): Problems {
  if (!(error instanceof ApiError)) return { "": error instanceof Error ? error.message : String(error) };
  const found: Problems = {};
  for (const each of error.errors) {
    const [field = ""] = each.field.replace(/^values\.?/, "").split(".");
    found[field] = [found[field], each.message].filter(Boolean).join(" ");
  }
  return error.errors.length ? found : { "": error.message };
}

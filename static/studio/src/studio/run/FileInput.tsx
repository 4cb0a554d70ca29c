import { useState } from "react";
import { inputFile, MAX_FILE, sizeWords, type InputFile } from "../model/startForm";
import { Button } from "../parts/Button";
import { Icon } from "../parts/Icon";

interface Props {
  id: string;
  "aria-invalid": true | undefined;
  "aria-describedby": string | undefined;
  "data-testid": string;
  value: InputFile | null;
  onChange: (file: InputFile | null) => void;
}

/** A file for a run: chosen or dropped, and shown with its size. */
export function FileInput({ value, onChange, ...rest }: Props) {
  const [problem, setProblem] = useState("");
  const take = async (file: File | undefined) => {
    setProblem("");
    if (!file) return;
    if (file.size > MAX_FILE) setProblem(`${file.name} has ${sizeWords(file.size)}; at most ${sizeWords(MAX_FILE)} can be given to a run.`);
    else onChange(await inputFile(file));
  };
  if (value)
    return (
      <div className="chosen-file" data-testid={`${rest["data-testid"]}-chosen`}>
        <Icon name="file-text" />
        <span className="truncate">{value.name}</span>
        <span className="quiet">{sizeWords(value.size)}</span>
        <Button look="quiet" onClick={() => onChange(null)}>
          Choose another
        </Button>
      </div>
    );
  return (
    <>
      <input {...rest} type="file" className="input input-file" onChange={(event) => void take(event.target.files?.[0])} />
      {problem && (
        <span className="field-error" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}

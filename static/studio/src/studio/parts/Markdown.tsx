import { Fragment, useMemo } from "react";
import { blocksOf, spansOf, type Block } from "../model/markdown";

/** A text with Markdown, made of our own elements: no HTML of it gets into the page. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => blocksOf(text), [text]);
  return (
    <div className="markdown">
      {blocks.map((block, index) => (
        <Part key={index} block={block} />
      ))}
    </div>
  );
}

function Part({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return (
        <p className="markdown-heading" role="heading" aria-level={Math.min(6, block.level + 2)}>
          <Line text={block.text} />
        </p>
      );
    case "code":
      return <pre className="data-json">{block.text}</pre>;
    case "quote":
      return (
        <blockquote>
          <Line text={block.text} />
        </blockquote>
      );
    case "list":
      return block.ordered ? <ol>{items(block.items)}</ol> : <ul>{items(block.items)}</ul>;
    case "table":
      return <MarkdownTable head={block.head} rows={block.rows} />;
    case "rule":
      return <hr />;
    case "paragraph":
      return (
        <p>
          <Line text={block.text} />
        </p>
      );
  }
}

function items(texts: readonly string[]) {
  return texts.map((text, index) => (
    <li key={index}>
      <Line text={text} />
    </li>
  ));
}

function MarkdownTable({ head, rows }: { head: readonly string[]; rows: readonly string[][] }) {
  return (
    <div className="data-scroll" role="region" aria-label="Table" tabIndex={0}>
      <table className="data-table">
        <thead>
          <tr>
            {head.map((cell, index) => (
              <th key={index} scope="col">
                <Line text={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, place) => (
                <td key={place}>
                  <Line text={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Words with their marks, in a line that stands elsewhere. */
export function Line({ text }: { text: string }) {
  return spansOf(text).map((span, index) => {
    switch (span.kind) {
      case "code":
        return <code key={index}>{span.text}</code>;
      case "strong":
        return <strong key={index}>{span.text}</strong>;
      case "em":
        return <em key={index}>{span.text}</em>;
      case "link":
        return (
          <a key={index} href={span.href} target="_blank" rel="noreferrer">
            {span.text}
          </a>
        );
      case "text":
        return <Fragment key={index}>{span.text}</Fragment>;
    }
  });
}

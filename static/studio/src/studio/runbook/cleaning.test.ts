// @vitest-environment jsdom
// What is pasted: from Word, Google Docs, web pages, and from whoever means harm.

import { DOMParser } from "prosemirror-model";
import { expect, test } from "vitest";
import { cleaned } from "./cleaning";
import { schema } from "./schema";

function pasted(html: string) {
  const host = document.createElement("div");
  host.innerHTML = cleaned(html);
  const doc = DOMParser.fromSchema(schema).parse(host);
  doc.check();
  return doc;
}

const kinds = (html: string) => pasted(html).content.content.map(({ type }) => type.name);

const WORD = `<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {margin:0cm} --></style>
<!--[if gte mso 9]><xml><o:OfficeDocumentSettings/></xml><![endif]--></head><body lang=DE style='tab-interval:35.4pt'>
<!--StartFragment--><h1 style='margin-top:12pt'>Alarm<o:p></o:p></h1>
<p class=MsoNormal>Call <b>Ana</b> <span style='font-style:italic'>first</span><span style='text-decoration:line-through'>!</span><o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='font-family:Symbol'><span style='mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;</span></span></span><![endif]>Look at the queue<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><![if !supportLists]><span><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span></span><![endif]>Is it long?<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><![if !supportLists]><span><span style='mso-list:Ignore'>·<span>&nbsp;</span></span></span><![endif]>Stop the trigger<o:p></o:p></p>
<table class=MsoTableGrid border=1 style='border-collapse:collapse'><tr><td width=300 valign=top style='width:225pt'><p class=MsoNormal>Who<o:p></o:p></p></td><td colspan=2><p>When</p></td></tr></table>
<!--EndFragment--></body></html>`;

test("what Word writes keeps its sense: headings, marks, lists in lists, tables", () => {
  const doc = pasted(WORD);
  expect(doc.content.content.map(({ type }) => type.name)).toEqual(["heading", "paragraph", "bullet_list", "table"]);
  const [, words, list, table] = doc.content.content;
  expect(words?.content.content.map(({ text, marks }) => [text, marks.map(({ type }) => type.name)])).toEqual([
    ["Call ", []],
    ["Ana", ["strong"]],
    [" ", []],
    ["first", ["em"]],
    ["!", ["strike"]],
  ]);
  expect(list?.childCount).toBe(2);
  expect(list?.firstChild?.content.content.map(({ type }) => type.name)).toEqual(["paragraph", "ordered_list"]);
  expect(list?.textContent).toBe("Look at the queueIs it long?Stop the trigger");
  expect(table?.firstChild?.childCount).toBe(2);
  expect(table?.firstChild?.lastChild?.attrs["colspan"]).toBe(2);
});

test("Google Docs' bold that is none is none", () => {
  const doc = pasted(`<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="ltr"><span style="font-weight:700">Bold</span><span style="font-weight:400"> not</span></p></b>`);
  expect(doc.firstChild?.content.content.map(({ marks }) => marks.length)).toEqual([1, 0]);
});

test("a web page's boxes, code and quotes are understood; what is around them is not taken", () => {
  expect(
    kinds(`<nav><ul><li>Home</li></ul></nav><article><h2>T</h2><ul class="task-list"><li><input type="checkbox" checked> done</li><li><input type="checkbox"> open</li></ul>
      <pre data-language="sh"><code>rm  -i</code></pre><blockquote><p>q</p></blockquote><hr></article>`),
  ).toEqual(["bullet_list", "heading", "check_list", "code_block", "blockquote", "horizontal_rule"]);
  const list = pasted(`<ul><li><input type="checkbox" checked>a</li><li><input type="checkbox">b</li></ul>`).firstChild;
  expect(list?.content.content.map(({ attrs }) => attrs["checked"] as boolean)).toEqual([true, false]);
});

test("pictures of elsewhere become links, and are not fetched", () => {
  const html = cleaned(`<p><img src="https://tracker.example/p.gif" alt="Plan"><img src="data:image/png;base64,AAAA"><img src=x onerror=alert(1)></p>`);
  expect(html).toBe(`<p><a href="https://tracker.example/p.gif">Plan</a></p>`);
});

test("blocks of a runbook come back as they went", () => {
  const id = "00000000-0000-7000-8000-00000000abcd";
  expect(
    kinds(`<div data-pm-slice="0 0 []" data-node-block="draft"></div><div data-run-block="${id}"></div><figure data-image="${id}" data-alt="A plan"></figure>
      <div data-run-block="../../x"></div><ul data-checks=""><li data-checked="true"><p>x</p></li></ul>`),
  ).toEqual(["node_block", "run_block", "image", "check_list"]);
});

const HARM = [
  `<script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<svg onload=alert(1)><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>`,
  `<a href="javascript:alert(1)">x</a>`,
  `<a href=" &#14; javascript:alert(1)">x</a>`,
  `<a href="jav&#x09;ascript:alert(1)">x</a>`,
  `<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`,
  `<iframe srcdoc="<script>alert(1)</script>"></iframe>`,
  `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">`,
  `<form action="javascript:alert(1)"><button>x</button><input onfocus=alert(1) autofocus></form>`,
  `<p style="background:url(javascript:alert(1))" onclick="alert(1)">x</p>`,
  `<div data-node-block='"><script>alert(1)</script>'></div>`,
  `<figure data-image="x" data-alt='"><img src=x onerror=alert(1)>'></figure>`,
  `<template><script>alert(1)</script></template><noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>`,
  `<base href="https://evil.example/"><link rel=stylesheet href=x><meta http-equiv=refresh content="0;url=javascript:alert(1)">`,
  `<a href="https://user:pw@evil.example" target=_blank ping="https://evil.example">x</a>`,
  `<object data="javascript:alert(1)"></object><embed src="javascript:alert(1)">`,
  `<p><b><i><s><code>${"<b>".repeat(2_000)}x`,
  `<<script>script>alert(1)<</script>/script>`,
  `<p data-pm-slice='0 0 ["node_block",{"node":"javascript:"}]'>x</p>`,
];

test.each(HARM.map((html) => [html.slice(0, 60), html]))("nothing of %s can do anything", (_name, html) => {
  const host = document.createElement("div");
  host.innerHTML = cleaned(html);
  for (const element of host.querySelectorAll("*")) {
    expect(["script", "img", "svg", "iframe", "form", "input", "button", "object", "embed", "base", "meta", "link", "style", "math"]).not.toContain(element.localName);
    for (const { name, value } of element.attributes) {
      expect(name).not.toMatch(/^on|^style$|^src|^srcdoc$|^target$|^ping$/);
      if (name === "href") expect(value).toMatch(/^(https?:|mailto:|\/)/);
    }
  }
  pasted(html);
});

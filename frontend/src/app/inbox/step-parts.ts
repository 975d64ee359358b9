import type { DryStep } from "./queries";
import { inboxTexts } from "@/texts";

export type Part =
  | { is: "text"; label: string; text: string }
  | { is: "pairs"; label: string; value: Record<string, unknown> }
  | { is: "json"; label: string; value: unknown };

type Shown = { headline?: { verb?: string; text: string }; parts: Part[] };
type Free = Record<string, unknown>;

/** What a step does it with, in the order that a person asks: what goes where, what it says, and then the rest. */
export function partsOf(step: Pick<DryStep, "kind" | "with">): Shown {
  const given: Free = step.with;
  const words = inboxTexts.step;
  switch (step.kind) {
    case "http_request": {
      const { method = "GET", url, headers, body, text, ...rest } = given;
      return {
        headline: { verb: String(method), text: String(url) },
        parts: [
          ...part(words.headers, headers),
          ...part(words.body, body),
          ...part(words.text, text),
          ...settings(rest),
        ],
      };
    }
    case "send_email": {
      const { to, cc, subject, text, html, ...rest } = given;
      const head = { [words.to]: list(to), ...(cc !== undefined && { [words.cc]: list(cc) }), [words.subject]: subject };
      return {
        parts: [
          { is: "pairs", label: "", value: head },
          ...part(words.text, text, true),
          ...part(words.html, html, true),
          ...settings(rest),
        ],
      };
    }
    case "render_template": {
      const { text, template, format, ...rest } = given;
      return { parts: [...part(String(format ?? "html").toUpperCase(), text ?? template, true), ...settings(rest)] };
    }
    case "transform":
      return { parts: part("", given.value) };
    case "condition": {
      const { if: condition, then, else: otherwise } = given;
      return {
        headline: { verb: words.condition, text: String(condition) },
        parts: [
          {
            is: "pairs",
            label: "",
            value: {
              ...(then !== undefined && { [words.then]: list(then) }),
              ...(otherwise !== undefined && { [words.else]: list(otherwise) }),
            },
          },
        ],
      };
    }
    case "approval": {
      const { question, ...rest } = given;
      return { headline: { text: String(question ?? "") }, parts: settings(rest) };
    }
    default:
      return { parts: settings(given, "") };
  }
}

/** A value in the form that suits it; nothing where there is none. */
function part(label: string, value: unknown, isLong = false): Part[] {
  if (value === undefined || value === null) return [];
  if (typeof value === "string") return [{ is: "text", label, text: value }];
  if (isObject(value)) {
    const texts = Object.entries(value).filter(([, inner]) => typeof inner === "string" && inner.includes("\n"));
    const rest = Object.fromEntries(Object.entries(value).filter(([name]) => !texts.some(([text]) => text === name)));
    return [
      ...(Object.keys(rest).length > 0 ? [{ is: "pairs" as const, label, value: rest }] : []),
      // A page in a field of a body is read as a page, not as one long line.
      ...texts.map(([name, text]) => ({ is: "text" as const, label: `${label} › ${name}`, text: String(text) })),
    ];
  }
  if (isLong) return [{ is: "text", label, text: JSON.stringify(value) }];
  return [{ is: "json", label, value }];
}

function settings(rest: Free, label = inboxTexts.step.settings): Part[] {
  const said = Object.entries(rest).filter(([, value]) => value !== undefined && value !== null);
  return said.length > 0 ? [{ is: "pairs", label, value: Object.fromEntries(said) }] : [];
}

const list = (value: unknown) => (Array.isArray(value) ? value.join(", ") : value);

function isObject(value: unknown): value is Free {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

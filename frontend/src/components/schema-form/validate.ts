import { Validator, type Schema as CfSchema } from "@cfworker/json-schema";
import { type Schema, at, into, isObject, resolve } from "./schema";
import { formTexts } from "@/texts";

/** What is wrong with which value, by JSON Pointer. */
export type Faults = Record<string, string>;

/** They only say that something below them is wrong. */
const CARRIERS = ["properties", "items", "prefixItems", "$ref", "allOf", "patternProperties", "then", "else", "additionalItems"];

/** Checks values against a schema, without making code of it: the pages' policy forbids that. */
export function validatorOf(schema: Schema): (value: unknown) => Faults {
  const validator = new Validator(schema as CfSchema, "2020-12", false);
  return (value) => {
    const faults: Faults = {};
    for (const { keyword, keywordLocation, instanceLocation, error } of validator.validate(value).errors) {
      // Which of several forms is meant is not known: that none fits is said where they are offered.
      if (CARRIERS.includes(keyword) || /\/(anyOf|oneOf|not|if)\//.test(keywordLocation)) continue;
      const pointer = decodeURI(instanceLocation.replace(/^#/, ""));
      const limit = limitAt(schema, keywordLocation);
      if (keyword === "required") {
        const name = /"(.*)"/.exec(error)?.[1] ?? "";
        faults[into(pointer, name)] ??= formTexts.faults.required;
      } else if (keyword === "false") {
        const parent = pointer.slice(0, pointer.lastIndexOf("/"));
        faults[parent] ??= formTexts.faults.unexpected(pointer.slice(parent.length + 1));
      } else if (keyword !== "additionalProperties" && keyword !== "unevaluatedProperties") {
        faults[pointer] ??= sentence(keyword, limit, at(value, pointer)) ?? error;
      }
    }
    return faults;
  };
}

/** What the schema says where a keyword stands. */
function limitAt(root: Schema, location: string): unknown {
  let found: unknown = root;
  for (const name of decodeURI(location).replace(/^#\/?/, "").split("/")) {
    const key = name.replaceAll("~1", "/").replaceAll("~0", "~");
    if (key === "$ref") found = isObject(found) ? resolve(found, root) : undefined;
    else found = Array.isArray(found) ? found[Number(key)] : isObject(found) ? found[key] : undefined;
  }
  return found;
}

function sentence(keyword: string, limit: unknown, value: unknown): string | null {
  if (keyword === "type") return formTexts.faults.type([limit].flat().map(String));
  if (keyword === "minLength" && value === "") return formTexts.faults.required;
  const say = formTexts.faults.keywords[keyword];
  if (!say) return null;
  return say(typeof limit === "object" ? JSON.stringify(limit) : String(limit));
}

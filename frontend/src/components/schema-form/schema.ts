/** A JSON Schema (draft 2020-12), as far as a form reads it. */
export type Schema = {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
  const?: unknown;
  format?: string;
  properties?: Record<string, Schema | boolean>;
  required?: string[];
  items?: Schema | boolean;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  multipleOf?: number;
  pattern?: string;
  $ref?: string;
  [keyword: string]: unknown;
};

export type Free = Record<string, unknown>;

/** With what a value is filled in; `json` where a form has no better way. */
export type FieldKind = "text" | "number" | "boolean" | "choice" | "const" | "object" | "list" | "json";

/** Longer texts get several lines. */
const LINE = 200;
/** Combinations are not drawn as fields. */
const COMBINED = ["oneOf", "anyOf", "allOf", "not", "if", "prefixItems", "patternProperties", "$dynamicRef"];
/** A schema that refers to itself ends in JSON. */
const MAX_REFS = 8;

export const isObject = (value: unknown): value is Free =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The schema that is meant, with its references within the document followed. */
export function resolve(schema: Schema | boolean | undefined, root: Schema): Schema {
  let found: Schema = isObject(schema) ? schema : {};
  for (let followed = 0; typeof found.$ref === "string" && followed < MAX_REFS; followed++) {
    const { $ref, ...beside } = found;
    const target = at(root, $ref.replace(/^#/, ""));
    if (!$ref.startsWith("#") || !isObject(target)) return { ...beside, anyOf: [] };
    found = { ...target, ...beside };
  }
  return found;
}

/** Which type it has; of one that may be null, the other. */
export function typeOf(schema: Schema): string | null {
  const types = [schema.type ?? []].flat().filter((type) => type !== "null");
  if (types.length === 1) return types[0] ?? null;
  return types.length === 0 && schema.properties ? "object" : null;
}

export function kindOf(schema: Schema, depth = 0): FieldKind {
  if ("const" in schema) return "const";
  if (schema.enum) return "choice";
  if (depth > MAX_REFS || COMBINED.some((keyword) => keyword in schema)) return "json";
  switch (typeOf(schema)) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "object":
      // Names that nobody has written down can't be asked for.
      return Object.keys(schema.properties ?? {}).length > 0 && !isObject(schema.additionalProperties) ? "object" : "json";
    case "array":
      return isObject(schema.items) ? "list" : "json";
    default:
      return "json";
  }
}

/** Whether a text of it deserves several lines. */
export const isLong = (schema: Schema) => !schema.format && !schema.pattern && (schema.maxLength ?? 0) > LINE;

/** What a form begins with: defaults, constants, and what must be there. */
export function initial(schema: Schema | boolean | undefined, root: Schema, depth = 0): unknown {
  const found = resolve(schema, root);
  if ("default" in found) return found.default;
  switch (kindOf(found, depth)) {
    case "const":
      return found.const;
    case "boolean":
      return false;
    case "object": {
      const required = found.required ?? [];
      const entries = Object.entries(found.properties ?? {}).flatMap(([name, property]): [string, unknown][] => {
        const of = resolve(property, root);
        const isWanted = required.includes(name) || "default" in of;
        const value = isWanted ? initial(property, root, depth + 1) : undefined;
        return value === undefined ? [] : [[name, value]];
      });
      return Object.fromEntries(entries);
    }
    case "list":
      return Array.from({ length: found.minItems ?? 0 }, () => initial(found.items, root, depth + 1) ?? blank(found.items, root));
    case "json":
      return typeOf(found) === "object" ? {} : undefined;
    default:
      return undefined;
  }
}

/** What stands in a list before it is filled in. */
export function blank(schema: Schema | boolean | undefined, root: Schema): unknown {
  const kind = kindOf(resolve(schema, root));
  return kind === "object" ? {} : kind === "list" ? [] : kind === "text" ? "" : null;
}

/** An example of it: its own, or one made of those of its parts; undefined where there is none. */
export function exampleOf(schema: Schema | boolean | undefined, root: Schema, depth = 0): unknown {
  const found = resolve(schema, root);
  if (found.examples && found.examples.length > 0) return found.examples[0];
  if ("const" in found) return found.const;
  if ("default" in found) return found.default;
  if (depth > MAX_REFS) return undefined;
  const kind = kindOf(found, depth);
  if (kind === "list") {
    const entry = exampleOf(found.items, root, depth + 1);
    return entry === undefined ? undefined : [entry];
  }
  if (kind === "object") {
    const parts = Object.entries(found.properties ?? {}).flatMap(([name, property]): [string, unknown][] => {
      const part = exampleOf(property, root, depth + 1);
      return part === undefined ? [] : [[name, part]];
    });
    return parts.length > 0 ? Object.fromEntries(parts) : undefined;
  }
  return undefined;
}

/** What a field is called: its title, or its name as words. */
export function labelOf(name: string, schema: Schema): string {
  if (schema.title) return schema.title;
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** `pointer` and one more name (RFC 6901). */
export const into = (pointer: string, name: string | number) =>
  `${pointer}/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`;

/** The names that a JSON Pointer goes through. */
export const namesOf = (pointer: string) =>
  pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));

/** What stands at a JSON Pointer. */
export function at(value: unknown, pointer: string): unknown {
  return namesOf(pointer).reduce<unknown>(
    (found, name) => (Array.isArray(found) ? found[Number(name)] : isObject(found) ? found[name] : undefined),
    value,
  );
}

/** Whether the schema wants something at a JSON Pointer, be it empty. */
export function isWanted(root: Schema, pointer: string): boolean {
  const names = namesOf(pointer);
  const last = names.pop();
  const above = names.reduce<Schema>((schema, name) => {
    const found = resolve(schema, root);
    const below = typeOf(found) === "array" ? found.items : found.properties?.[name];
    return resolve(below, root);
  }, resolve(root, root));
  return last !== undefined && (above.required ?? []).includes(last);
}

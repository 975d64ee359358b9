import { type Schema, labelOf, resolve, typeOf } from "@/components/schema-form/schema";
import { typeTexts as words } from "@/texts";

export type FieldRow = {
  /** As expressions name it. */
  path: string;
  depth: number;
  label: string;
  description: string | undefined;
  kind: string;
  isRequired: boolean;
  rules: string[];
};

/** Deeper than this, the schema itself is the better reading. */
const MAX_DEPTH = 4;

/** The fields of a schema, those of objects and lists of objects below them. */
export function rowsOf(schema: Schema): FieldRow[] {
  return fieldsOf(resolve(schema, schema), schema, "", 0);
}

function fieldsOf(schema: Schema, root: Schema, under: string, depth: number): FieldRow[] {
  if (depth > MAX_DEPTH) return [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const found = resolve(property, root);
    const path = under ? `${under}.${name}` : name;
    const items = typeOf(found) === "array" ? resolve(found.items, root) : null;
    return [
      {
        path,
        depth,
        label: labelOf(name, found),
        description: found.description,
        kind: items ? words.listOf(kindName(items)) : kindName(found),
        isRequired: schema.required?.includes(name) ?? false,
        rules: rulesOf(found),
      },
      ...fieldsOf(items ?? found, root, items ? `${path}[]` : path, depth + 1),
    ];
  });
}

function kindName(schema: Schema): string {
  const type = typeOf(schema);
  return type ? (words.kindNames[type] ?? type) : words.anything;
}

function rulesOf(schema: Schema): string[] {
  return Object.entries(words.rules).flatMap(([keyword, say]) => {
    const value = schema[keyword];
    if (value === undefined) return [];
    if (Array.isArray(value)) return [say(value.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", "))];
    return [say(typeof value === "object" ? JSON.stringify(value) : String(value))];
  });
}

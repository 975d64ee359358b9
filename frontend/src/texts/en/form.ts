const types: Record<string, string> = {
  string: "a text",
  number: "a number",
  integer: "a whole number",
  boolean: "yes or no",
  object: "an object",
  array: "a list",
  null: "null",
};

const formats: Record<string, string> = {
  uri: "an address, such as https://example.org/page",
  email: "a mail address",
  date: "a day",
  "date-time": "a time",
  time: "a time of day with its zone, such as 09:30:00Z",
  uuid: "a UUID",
  hostname: "a host name",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
};

const letters = (n: string) => `${n} ${n === "1" ? "character" : "characters"}`;
const entries = (n: string) => `${n} ${n === "1" ? "entry" : "entries"}`;

/** What a form that is made of a schema says. */
export const form = {
  choose: "Choose",
  optional: "optional",
  fill: "Fill with an example",
  add: "Add an entry",
  addTo: (list: string) => `Add an entry to ${list}`,
  entry: (what: string | undefined, n: number) => `${what ?? "Entry"} ${n}`,
  remove: (list: string, n: number) => `Remove entry ${n} of ${list}`,
  noEntries: "No entries yet.",
  asForm: "Form",
  asJson: "JSON",
  view: "How the inputs are written",
  whole: "Inputs as JSON",
  brokenJson: "Mend the JSON before you go back to the form.",
  notObject: "The inputs must be an object: { … }",
  nothingAsked: "This type asks for no inputs.",
  localTime: "In this browser's time zone.",
  example: (value: string) => `For example ${value}`,
  faults: {
    required: "This is needed.",
    unexpected: (name: string) => `"${name}" is not expected here.`,
    type: (wanted: string[]) => `Must be ${wanted.map((one) => types[one] ?? one).join(" or ")}.`,
    keywords: {
      format: (limit) => `Must be ${formats[limit] ?? limit}.`,
      pattern: (limit) => `Must have the form ${limit}`,
      minLength: (limit) => `Must have at least ${letters(limit)}.`,
      maxLength: (limit) => `Must have at most ${letters(limit)}.`,
      minimum: (limit) => `Must be at least ${limit}.`,
      maximum: (limit) => `Must be at most ${limit}.`,
      exclusiveMinimum: (limit) => `Must be more than ${limit}.`,
      exclusiveMaximum: (limit) => `Must be less than ${limit}.`,
      multipleOf: (limit) => `Must be a multiple of ${limit}.`,
      minItems: (limit) => `Needs at least ${entries(limit)}.`,
      maxItems: (limit) => `May have at most ${entries(limit)}.`,
      uniqueItems: () => "Each entry may be there only once.",
      enum: () => "Choose one of the values offered.",
      const: (limit) => `Must be ${limit}.`,
      anyOf: () => "Fits none of the forms that are allowed.",
      oneOf: () => "Must fit exactly one of the forms that are allowed.",
      not: () => "Has a form that is not allowed.",
    } as Record<string, (limit: string) => string>,
  },
};

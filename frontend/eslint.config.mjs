import next from "eslint-config-next/core-web-vitals";
import typescript from "eslint-config-next/typescript";

const config = [
  ...next,
  ...typescript,
  // Taking a field out of an object names it.
  { rules: { "@typescript-eslint/no-unused-vars": ["warn", { ignoreRestSiblings: true }] } },
  // A link that fetches whatever it leads to, once it is seen, costs more than it saves.
  {
    rules: {
      "no-restricted-imports": ["error", { paths: [{ name: "next/link", message: "Use Link of @/components/link." }] }],
    },
    ignores: ["src/components/link.tsx"],
  },
  { ignores: [".next/", "src/api/schema.d.ts", "next-env.d.ts"] },
];

export default config;

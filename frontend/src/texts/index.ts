import { en } from "./en";

/** The texts of a language. Another one is a folder beside `en` whose `index.ts` has this type. */
export type Texts = typeof en;

/** Every text that people read. */
export const texts: Texts = en;

/** The language of the texts, as BCP 47 names it; dates and numbers follow it. */
export const LANGUAGE = "en-GB";

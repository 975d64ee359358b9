/**
 * Every text that people read, in English. Another language is a folder beside `en` with the same files, exported here in its
 * place. One export for each part of the console, so that a page loads the words that it needs.
 */
export { common as texts } from "./en/common";
export { account as accountTexts } from "./en/account";
export { admin as adminTexts } from "./en/admin";
export { councils as councilTexts } from "./en/councils";
export { form as formTexts } from "./en/form";
export { health as healthTexts } from "./en/health";
export { inbox as inboxTexts } from "./en/inbox";
export { jobs as jobTexts } from "./en/jobs";
export { policy as policyTexts } from "./en/policy";
export { propose as proposeTexts } from "./en/propose";
export { signIn as signInTexts } from "./en/sign-in";
export { types as typeTexts } from "./en/types";
export { workflows as workflowTexts } from "./en/workflows";

/** The language of the texts, as BCP 47 names it; dates and numbers follow it. */
export const LANGUAGE = "en-GB";

import { account } from "./account";
import { admin } from "./admin";
import { common } from "./common";
import { councils } from "./councils";
import { health } from "./health";
import { inbox } from "./inbox";
import { jobs } from "./jobs";
import { propose } from "./propose";
import { signIn } from "./sign-in";
import { types } from "./types";
import { workflows } from "./workflows";

/** The console in English: a file for each part of it. */
export const en = { ...common, account, admin, councils, health, inbox, jobs, propose, signIn, types, workflows };

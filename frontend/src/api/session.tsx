"use client";

import { useQueryClient } from "@tanstack/react-query";
import createClient, { type Client } from "openapi-fetch";
import {
  type ReactNode,
  createContext,
  startTransition,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import type { components, paths } from "./schema";
import { unwrap } from "./error";
import { type Renewal, Tokens } from "./tokens";

export type Role = components["schemas"]["Role"];
type Identity = components["schemas"]["Identity"];
type Credentials = components["schemas"]["Credentials"];

type Session = {
  /** Where the API is. */
  apiUrl: string;
  api: Client<paths>;
  /** Who is signed in; undefined while that is still being found out. */
  user: Identity | null | undefined;
  /** Whether somebody was signed in here, and their session was ended elsewhere or ran out. */
  hasEnded: boolean;
  signIn: (credentials: Credentials) => Promise<void>;
  signOut: () => void;
  /** The access token, for what no client of the API can send; null when there is none. */
  token: () => string | null;
  /** Has the session carried on, with what is so now about the person. */
  renew: () => Promise<Renewal>;
};

/** What tabs of this browser tell each other. */
const CHANNEL = "codex-session";

const Context = createContext<Session | null>(null);

/**
 * Keeps who is signed in. The access token lives in memory only, where no other page and no stored copy can reach it;
 * the API's refresh cookie, which no script can read, brings the session back after a reload.
 */
export function SessionProvider({ apiUrl, children }: { apiUrl: string; children: ReactNode }) {
  const [user, setUser] = useState<Identity | null>();
  const [hasEnded, setHasEnded] = useState(false);
  const queries = useQueryClient();

  const forget = useCallback(() => {
    setUser(null);
    queries.clear();
  }, [queries]);

  const end = useCallback(() => {
    setHasEnded(true);
    forget();
  }, [forget]);

  // A whole page is drawn for who came in: not in one go, so that the browser stays able to answer.
  const welcome = useCallback((person: Identity) => startTransition(() => setUser(person)), []);
  const tokens = useMemo(() => new Tokens(apiUrl, welcome, end), [apiUrl, welcome, end]);
  const api = useMemo(() => {
    const client = createClient<paths>({ baseUrl: apiUrl, credentials: "include" });
    client.use(tokens.middleware());
    return client;
  }, [apiUrl, tokens]);

  useEffect(() => {
    void tokens.refresh().then((result) => {
      if (result !== "renewed") setUser(null);
    });
    return () => tokens.stop();
  }, [tokens]);

  useEffect(() => {
    // Who signs out in one tab is signed out in all of them.
    const tabs = new BroadcastChannel(CHANNEL);
    tabs.onmessage = () => {
      tokens.drop();
      forget();
    };
    return () => tabs.close();
  }, [tokens, forget]);

  const signIn = useCallback(
    async (credentials: Credentials) => {
      tokens.take(unwrap(await api.POST("/api/auth/login", { body: credentials })));
      setHasEnded(false);
    },
    [api, tokens],
  );

  const signOut = useCallback(() => {
    // Whatever comes of it: here, nobody is signed in any more.
    void api.POST("/api/auth/logout").catch(() => undefined);
    tokens.drop();
    forget();
    setHasEnded(false);
    const tabs = new BroadcastChannel(CHANNEL);
    tabs.postMessage("signed out");
    tabs.close();
  }, [api, tokens, forget]);

  const token = useCallback(() => tokens.access(), [tokens]);
  const renew = useCallback(() => tokens.refreshOrEnd(), [tokens]);

  const session = useMemo(
    () => ({
      apiUrl,
      api,
      user,
      hasEnded,
      signIn,
      signOut,
      token,
      renew,
    }),
    [apiUrl, api, user, hasEnded, signIn, signOut, token, renew],
  );
  return <Context value={session}>{children}</Context>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession needs a SessionProvider");
  return session;
}

/** The person who is signed in; only for what is shown to them alone. */
export function useUser(): Identity {
  const { user } = useSession();
  if (!user) throw new Error("nobody is signed in");
  return user;
}

/** Whether the person who is signed in is an admin. */
export function useIsAdmin(): boolean {
  return useSession().user?.role === "admin";
}

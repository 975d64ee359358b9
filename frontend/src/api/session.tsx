"use client";

import { useQueryClient } from "@tanstack/react-query";
import createClient, { type Client } from "openapi-fetch";
import { type ReactNode, createContext, useCallback, useContext, useEffect, useMemo, useState } from "react";
import type { components, paths } from "./schema";
import { ApiError } from "./error";
import { Tokens } from "./tokens";

type Identity = components["schemas"]["Identity"];
type Credentials = components["schemas"]["Credentials"];

type Session = {
  api: Client<paths>;
  /** Who is signed in; undefined while that is still being found out. */
  user: Identity | null | undefined;
  signIn: (credentials: Credentials) => Promise<void>;
  signOut: () => void;
};

const Context = createContext<Session | null>(null);

/**
 * Keeps who is signed in. The access token lives in memory only, where no other page and no stored copy can reach it;
 * the API's refresh cookie, which no script can read, brings the session back after a reload.
 */
export function SessionProvider({ apiUrl, children }: { apiUrl: string; children: ReactNode }) {
  const [user, setUser] = useState<Identity | null>();
  const queries = useQueryClient();

  const forget = useCallback(() => {
    setUser(null);
    queries.clear();
  }, [queries]);

  const tokens = useMemo(() => new Tokens(apiUrl, setUser, forget), [apiUrl, forget]);
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

  const signIn = useCallback(
    async (credentials: Credentials) => {
      const { data, error } = await api.POST("/api/auth/login", { body: credentials });
      if (!data) throw new ApiError(error);
      tokens.take(data);
    },
    [api, tokens],
  );

  const signOut = useCallback(() => {
    // Whatever comes of it: here, nobody is signed in any more.
    void api.POST("/api/auth/logout").catch(() => undefined);
    tokens.drop();
    forget();
  }, [api, tokens, forget]);

  const session = useMemo(() => ({ api, user, signIn, signOut }), [api, user, signIn, signOut]);
  return <Context value={session}>{children}</Context>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession needs a SessionProvider");
  return session;
}

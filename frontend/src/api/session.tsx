"use client";

import { useQueryClient } from "@tanstack/react-query";
import createClient, { type Client } from "openapi-fetch";
import { type ReactNode, createContext, useCallback, useContext, useMemo, useState } from "react";
import type { components, paths } from "./schema";
import { ApiError } from "./error";

type Identity = components["schemas"]["Identity"];
type Signed = { token: string; user: Identity };

type Session = {
  api: Client<paths>;
  user: Identity | null;
  signIn: (email: string, password: string) => Promise<void>;
  signOut: () => void;
};

const Context = createContext<Session | null>(null);

/**
 * Keeps who is signed in. The token lives in memory only, where no other page and no stored copy can reach it: until
 * the API has refresh cookies, a reload asks to sign in again.
 */
export function SessionProvider({ apiUrl, children }: { apiUrl: string; children: ReactNode }) {
  const [signed, setSigned] = useState<Signed | null>(null);
  const queries = useQueryClient();

  const signOut = useCallback(() => {
    setSigned(null);
    queries.clear();
  }, [queries]);

  const api = useMemo(() => {
    const client = createClient<paths>({ baseUrl: apiUrl });
    client.use({
      onRequest({ request }) {
        if (signed) request.headers.set("authorization", `Bearer ${signed.token}`);
      },
      onResponse({ response }) {
        if (signed && response.status === 401) signOut();
      },
    });
    return client;
  }, [apiUrl, signed, signOut]);

  const signIn = useCallback(
    async (email: string, password: string) => {
      const { data, error } = await api.POST("/api/auth/login", { body: { email, password } });
      if (!data) throw new ApiError(error);
      setSigned({ token: data.token, user: data.user });
    },
    [api],
  );

  const session = useMemo(
    () => ({ api, user: signed?.user ?? null, signIn, signOut }),
    [api, signed, signIn, signOut],
  );
  return <Context value={session}>{children}</Context>;
}

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error("useSession needs a SessionProvider");
  return session;
}

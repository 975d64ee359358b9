"use client";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { resolver, theme } from "./theme";
import { Toasts } from "./toast";
import { createQueryClient } from "@/api/queries";
import { SessionProvider } from "@/api/session";

export function Providers(props: { apiUrl: string; nonce: string | undefined; children: ReactNode }) {
  const [client] = useState(createQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      defaultColorScheme="auto"
      getStyleNonce={() => props.nonce ?? ""}
    >
      <Toasts />
      <QueryClientProvider client={client}>
        <SessionProvider apiUrl={props.apiUrl}>{props.children}</SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

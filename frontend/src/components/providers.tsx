"use client";

import { MantineProvider } from "@mantine/core";
import { ModalsProvider } from "@mantine/modals";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { NuqsAdapter } from "nuqs/adapters/next/app";
import { type ReactNode, useState } from "react";
import { resolver, theme } from "./theme";
import { createQueryClient } from "@/api/queries";
import { SessionProvider } from "@/api/session";
import { texts } from "@/texts";

export function Providers(props: { apiUrl: string; nonce: string | undefined; children: ReactNode }) {
  const [client] = useState(createQueryClient);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      defaultColorScheme="auto"
      getStyleNonce={() => props.nonce ?? ""}
    >
      <Notifications position="bottom-right" />
      <QueryClientProvider client={client}>
        <SessionProvider apiUrl={props.apiUrl}>
          <NuqsAdapter>
            <ModalsProvider labels={{ confirm: texts.yes, cancel: texts.cancel }}>{props.children}</ModalsProvider>
          </NuqsAdapter>
        </SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

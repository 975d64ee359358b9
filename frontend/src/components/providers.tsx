"use client";

import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { type ReactNode, useState } from "react";
import { resolver, theme } from "./theme";
import { createQueryClient } from "@/api/queries";
import { SessionProvider } from "@/api/session";

const Notifications = dynamic(() => import("@mantine/notifications").then((module) => module.Notifications), {
  ssr: false,
});

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
        <SessionProvider apiUrl={props.apiUrl}>{props.children}</SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

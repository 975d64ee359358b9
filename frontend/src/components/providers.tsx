"use client";

import { MantineProvider, createTheme } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { SessionProvider } from "@/api/session";

const theme = createTheme({
  primaryColor: "indigo",
  defaultRadius: "md",
  cursorType: "pointer",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
});

export function Providers(props: { apiUrl: string; nonce: string | undefined; children: ReactNode }) {
  const [client] = useState(() => new QueryClient({ defaultOptions: { queries: { retry: 1 } } }));
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => props.nonce ?? ""}>
      <Notifications position="top-right" />
      <QueryClientProvider client={client}>
        <SessionProvider apiUrl={props.apiUrl}>{props.children}</SessionProvider>
      </QueryClientProvider>
    </MantineProvider>
  );
}

import "@fontsource-variable/inter";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import { ColorSchemeScript, mantineHtmlProps } from "@mantine/core";
import type { Metadata } from "next";
import { headers } from "next/headers";
import type { ReactNode } from "react";
import { askEarly } from "@/api/tokens";
import { Providers } from "@/components/providers";
import { Shell } from "@/components/shell/shell";
import { texts } from "@/texts";

// Each page says what the window is called; a second title here would stay, depending on which came first.
export const metadata: Metadata = { description: texts.purpose };

export default async function Layout({ children }: { children: ReactNode }) {
  // Reading the headers keeps pages dynamic: the nonce and the API's address belong to each request.
  const nonce = (await headers()).get("x-nonce") ?? undefined;
  const apiUrl = process.env.API_URL ?? "";
  return (
    <html lang="en" {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" nonce={nonce} />
        <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: askEarly(apiUrl) }} />
      </head>
      <body>
        <Providers apiUrl={apiUrl} nonce={nonce}>
          <Shell>{children}</Shell>
        </Providers>
      </body>
    </html>
  );
}

"use client";

import { Button } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { Balancers } from "./balancers";
import { Past } from "./past";
import { Open } from "./open";
import { Overall, Unknown } from "./overall";
import { Parts } from "./parts";
import { useStatus } from "./queries";
import { Services } from "./services";
import { useSession } from "@/api/session";
import { Loading } from "@/components/loaded";
import { Page } from "@/components/page";
import { healthTexts } from "@/texts";

export default function HealthPage() {
  const { apiUrl } = useSession();
  const status = useStatus();
  const titles = new Map(status.data?.checks.map(({ name, title }) => [name as string, title]));
  const refresh = () => void status.refetch();
  return (
    <Page
      title={healthTexts.title}
      description={healthTexts.description}
      actions={
        <Button
          component="a"
          href={`${apiUrl}/status`}
          target="_blank"
          rel="noreferrer"
          variant="default"
          rightSection={<IconExternalLink size={16} aria-hidden />}
        >
          {healthTexts.page}
        </Button>
      }
    >
      {status.error && <Unknown lastKnown={status.data?.checked_at ?? null} isFetching={status.isFetching} refresh={refresh} />}
      {status.data ? (
        <>
          <Overall status={status.data} isOld={status.error !== null} />
          <Open incidents={status.data.incidents} titles={titles} />
          <Parts status={status.data} />
          <Services services={status.data.services} />
        </>
      ) : (
        !status.error && <Loading lines={8} />
      )}
      <Balancers />
      <Past titles={titles} />
    </Page>
  );
}

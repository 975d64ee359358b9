import { Anchor, Card } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import classes from "./jobs.module.css";
import { useQueues } from "./queries";
import { unwrap } from "@/api/error";
import { useIsAdmin, useSession } from "@/api/session";
import { Link } from "@/components/link";
import { LANGUAGE, jobTexts } from "@/texts";
import { Loaded } from "@/components/loaded";

const words = jobTexts.numbers;

/** What waits, runs and failed, in numbers. */
export function Numbers() {
  const queues = useQueues();
  const isAdmin = useIsAdmin();
  return (
    <Card withBorder component="section" aria-label={words.title} padding="lg">
      <Loaded query={queues}>
        {({ queued, running, delayed, dead_letters }) => (
          <dl className={classes.numbers}>
            <Figure name={words.queued} value={<To href="/workflows?status=queued,approved" count={queued} />} />
            <Figure name={words.running} value={<To href="/workflows?status=running" count={running} />} />
            <Figure name={words.delayed} value={delayed.toLocaleString(LANGUAGE)} />
            {isAdmin && <DeadLetters />}
            <Figure name={words.aside} hint={words.asideHint} value={dead_letters.toLocaleString(LANGUAGE)} />
          </dl>
        )}
      </Loaded>
    </Card>
  );
}

function DeadLetters() {
  const { api } = useSession();
  const counts = useQuery({
    queryKey: ["jobs", "dead-letters", "counts", {}],
    queryFn: async () => unwrap(await api.GET("/api/admin/dead-letters/counts")),
    refetchInterval: 15_000,
  });
  const value = counts.data ? <To href="/jobs/dead-letters" count={counts.data.total} /> : "–";
  return <Figure name={words.deadLetters} hint={words.deadLettersHint} value={value} />;
}

function Figure({ name, value, hint }: { name: string; value: ReactNode; hint?: string }) {
  return (
    <div title={hint}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function To({ href, count }: { href: string; count: number }) {
  return (
    <Anchor component={Link} href={href} inherit>
      {count.toLocaleString(LANGUAGE)}
    </Anchor>
  );
}

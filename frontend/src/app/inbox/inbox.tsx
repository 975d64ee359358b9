"use client";

import { Button, VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconInbox, IconKeyboard } from "@tabler/icons-react";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { useCallback, useEffect, useRef, useState } from "react";
import { type Summary, type VoteChoice, useInbox } from "../queries";
import { useKeys, useKeysSetting } from "./keys";
import { Proposal } from "./proposal";
import { type Cast, isStale } from "./queries";
import { Row, rowId } from "./row";
import { useArrivals } from "./arrivals";
import { useSelection } from "./selection";
import classes from "./inbox.module.css";
import { Empty } from "@/components/empty";
import { Loaded } from "@/components/loaded";
import { Page } from "@/components/page";
import { useNow } from "@/components/time";
import { inboxTexts } from "@/texts";

const KeysHelp = dynamic(() => import("./keys-help").then((module) => module.KeysHelp), { ssr: false });

/** How long a vote is seen on its row before the row leaves, in milliseconds. */
const FAREWELL = 450;

type Voted = Record<string, { choice: VoteChoice; hasLeft: boolean }>;

export function Inbox() {
  const inbox = useInbox();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const count = inbox.data?.length ?? 0;
  return (
    <Page
      title={inboxTexts.title}
      description={count > 0 && inboxTexts.waiting(count)}
      actions={
        <Button
          variant="subtle"
          size="xs"
          visibleFrom="sm"
          leftSection={<IconKeyboard size={16} aria-hidden />}
          aria-keyshortcuts="?"
          onClick={() => setHelpOpen(true)}
        >
          {inboxTexts.keys.show}
        </Button>
      }
    >
      <Loaded query={inbox}>{(workflows) => <Proposals workflows={workflows} onHelp={() => setHelpOpen(true)} />}</Loaded>
      {isHelpOpen && <KeysHelp onClose={() => setHelpOpen(false)} />}
    </Page>
  );
}

function Proposals({ workflows, onHelp }: { workflows: Summary[]; onHelp: () => void }) {
  const router = useRouter();
  const isWide = useMediaQuery("(min-width: 62em)", true, { getInitialValueInEffect: false });
  const now = useNow(15_000);
  const [voted, setVoted] = useState<Voted>({});
  const [comments, setComments] = useState<Record<string, string>>({});
  const [stale, setStale] = useState<string | null>(null);
  const [hasKeys] = useKeysSetting();
  const layout = useRef<HTMLDivElement>(null);
  const rows = workflows.filter(({ id }) => !voted[id]?.hasLeft);
  // What has been voted on and is only seen leaving can't be chosen.
  const left = rows.filter(({ id }) => !voted[id]);
  const selection = useSelection(left, isWide);
  const { workflow } = selection;
  const arrived = useArrivals(workflows);

  const focusRow = (row: Summary | null) => {
    if (row) requestAnimationFrame(() => document.getElementById(rowId(row.id))?.focus());
  };
  const cast = (id: string, { choice }: Cast, isLast: boolean) => {
    setStale(null);
    if (!isLast) return;
    setVoted((before) => ({ ...before, [id]: { choice, hasLeft: false } }));
    focusRow(selection.leave(id));
    setTimeout(
      () => setVoted((before) => (before[id] ? { ...before, [id]: { choice, hasLeft: true } } : before)),
      FAREWELL,
    );
  };
  const refuse = (id: string, error: Error) => {
    setVoted((before) => Object.fromEntries(Object.entries(before).filter(([other]) => other !== id)));
    if (isStale(error)) setStale(id);
  };

  // The list has it no more: should it come back, in another round, it is not hidden.
  const ids = new Set(workflows.map(({ id }) => id));
  const over = Object.keys(voted).filter((id) => voted[id]?.hasLeft && !ids.has(id));
  if (over.length > 0) {
    setVoted((before) => Object.fromEntries(Object.entries(before).filter(([id]) => !over.includes(id))));
  }

  const reach = (choice: VoteChoice) => {
    const button = layout.current?.querySelector<HTMLButtonElement>(`[data-choice=${choice}]`);
    if (!button) return;
    if (document.activeElement === button) button.click();
    else button.focus();
  };
  useKeys(hasKeys, {
    j: () => focusRow(selection.next()),
    k: () => focusRow(selection.previous()),
    a: () => reach("approve"),
    r: () => reach("reject"),
    x: () => reach("abstain"),
    c: () => layout.current?.querySelector("textarea")?.focus(),
    o: () => workflow && router.push(`/workflows/${workflow.id}`),
    "?": onHelp,
  });
  // Elsewhere on the page, the arrows scroll as they always do.
  const arrow = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") focusRow(selection.next());
    else if (event.key === "ArrowUp") focusRow(selection.previous());
    else return;
    event.preventDefault();
  };
  const { selectId, close } = selection;
  const select = useCallback(
    (id: string) => (!isWide && workflow?.id === id ? close() : selectId(id)),
    [isWide, workflow, close, selectId],
  );
  useEffect(() => {
    const leaveComment = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || !(event.target instanceof HTMLTextAreaElement) || !workflow) return;
      document.getElementById(rowId(workflow.id))?.focus();
    };
    window.addEventListener("keydown", leaveComment);
    return () => window.removeEventListener("keydown", leaveComment);
  }, [workflow]);

  if (rows.length === 0 && !workflow) {
    return <Empty title={inboxTexts.empty} hint={inboxTexts.emptyHint} icon={IconInbox} />;
  }
  const proposal = workflow && (
    <Proposal
      key={workflow.id}
      workflow={workflow}
      isWaiting={selection.isListed}
      refusal={stale === workflow.id ? "stale" : null}
      comments={comments}
      onComment={(ballot, comment) => setComments((before) => ({ ...before, [ballot]: comment }))}
      onCast={(vote, isLast) => cast(workflow.id, vote, isLast)}
      onRefused={(error) => refuse(workflow.id, error)}
    />
  );
  return (
    <div className={classes.layout} ref={layout}>
      <VisuallyHidden role="status">{arrived > 0 && inboxTexts.arrived(arrived)}</VisuallyHidden>
      <ul className={classes.list} aria-label={inboxTexts.list} onKeyDown={({ nativeEvent }) => arrow(nativeEvent)}>
        {rows.map((row) => (
          <li key={row.id} data-open={row.id === workflow?.id || undefined}>
            <Row
              workflow={row}
              now={now}
              isSelected={row.id === workflow?.id}
              isExpanded={isWide ? undefined : row.id === workflow?.id}
              choice={voted[row.id]?.choice}
              onSelect={select}
            />
            {!isWide && row.id === workflow?.id && proposal}
          </li>
        ))}
      </ul>
      {isWide && <div className={classes.pane}>{proposal}</div>}
      {!isWide && !selection.isListed && proposal}
    </div>
  );
}

import { Text, Title, UnstyledButton } from "@mantine/core";
import classes from "./counts.module.css";
import { type Filter, type Name, wordsOf } from "./filter";
import { useCounts } from "./queries";
import { Loaded } from "@/components/loaded";
import { Section } from "@/components/section";
import { LANGUAGE, jobTexts } from "@/texts";

const words = jobTexts.dead;

type Choose = (change: Partial<Record<Name, string | null>>) => void;

/** How many failed of which type and with which error; each narrows the list to those. */
export function CountsOf({ filter, choose }: { filter: Filter; choose: Choose }) {
  const counts = useCounts(filter);
  return (
    <Loaded query={counts}>
      {({ total, by_type, by_error }) =>
        total > 0 && (
          <Section title={words.counts} description={`${words.total(total)}. ${words.countsHint}`}>
            <div className={classes.two}>
              <div>
                <Title order={3} size="h6" mb={4}>
                  {words.byType}
                </Title>
                <ul className={classes.list}>
                  {by_type.map(({ workflow_type, count }) => (
                    <li key={workflow_type}>
                      <Choice what={workflow_type} count={count} of={total} onChoose={() => choose({ workflow_type })} />
                    </li>
                  ))}
                </ul>
              </div>
              <div>
                <Title order={3} size="h6" mb={4}>
                  {words.byError}
                </Title>
                <ul className={classes.list}>
                  {by_error.map(({ workflow_type, error, count }) => (
                    <li key={`${workflow_type} ${error ?? ""}`}>
                      <Choice
                        what={error ?? words.noError}
                        below={workflow_type}
                        count={count}
                        of={total}
                        onChoose={() => choose({ workflow_type, error: error ? wordsOf(error) : null })}
                      />
                    </li>
                  ))}
                </ul>
              </div>
            </div>
          </Section>
        )
      }
    </Loaded>
  );
}

type ChoiceProps = { what: string; below?: string; count: number; of: number; onChoose: () => void };

function Choice({ what, below, count, of, onChoose }: ChoiceProps) {
  return (
    <UnstyledButton className={classes.choice} onClick={onChoose} aria-label={words.onlyOf(what, count)}>
      <span className={classes.bar} style={{ width: `${(100 * count) / of}%` }} aria-hidden />
      <span className={classes.what}>
        <Text span size="sm" lineClamp={2} title={what}>
          {what}
        </Text>
        {below && (
          <Text span size="xs" c="dimmed" display="block">
            {below}
          </Text>
        )}
      </span>
      <Text span size="sm" fw={600} className={classes.count}>
        {count.toLocaleString(LANGUAGE)}
      </Text>
    </UnstyledButton>
  );
}

import { Group, Kbd, Stack, Switch, Text } from "@mantine/core";
import { useKeysSetting } from "./keys";
import { Dialog } from "@/components/dialog";
import { Pairs } from "@/components/facts";
import { inboxTexts } from "@/texts";

/** What each key does, and whether they do. */
export function KeysHelp({ onClose }: { onClose: () => void }) {
  const [isOn, setOn] = useKeysSetting();
  return (
    <Dialog opened onClose={onClose} title={inboxTexts.keys.title}>
      <Stack>
        <Text size="sm" c="dimmed">
          {inboxTexts.keys.hint}
        </Text>
        <Pairs
          of={inboxTexts.keys.list.map(([keys, does]) => [
            does,
            <Group key={does} gap={6}>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </Group>,
          ])}
        />
        <Switch
          label={inboxTexts.keys.on}
          checked={isOn}
          onChange={(event) => setOn(event.currentTarget.checked)}
        />
      </Stack>
    </Dialog>
  );
}

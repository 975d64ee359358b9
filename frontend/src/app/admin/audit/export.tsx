"use client";

import { Radio, Stack, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type Filters, type Format, useExport } from "./queries";
import { Dialog } from "@/components/dialog";
import { DialogActs } from "@/components/dialog-acts";
import { download } from "@/components/download";
import { Failure } from "@/components/failure";
import { adminTexts } from "@/texts";

const text = adminTexts.audit;
const FORMATS: Format[] = ["jsonl", "csv"];
const TYPES = { jsonl: "application/x-ndjson", csv: "text/csv" };

type Picker = { showSaveFilePicker?: (options: { suggestedName: string }) => Promise<FileSystemFileHandle> };

/** Fetches the record as a file. Where the browser can, it is written as it comes; else it is gathered first. */
export function Export({ filters, onClose }: { filters: Filters; onClose: () => void }) {
  const begin = useExport();
  const [format, setFormat] = useState<Format>("jsonl");
  const [bytes, setBytes] = useState(0);
  const fetched = useMutation({
    mutationFn: async () => {
      const name = `audit-log-${new Date().toISOString().slice(0, 10)}.${format}`;
      const file = await (window as Picker).showSaveFilePicker?.({ suggestedName: name });
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(part, out) {
          setBytes((before) => before + part.length);
          out.enqueue(part);
        },
      });
      const stream = (await begin(filters, format)).pipeThrough(counted);
      if (file) return stream.pipeTo(await file.createWritable());
      download(name, [await new Response(stream).blob()], TYPES[format]);
    },
    meta: { done: text.exported, inPlace: true },
    onSuccess: onClose,
  });
  const isCalledOff = fetched.error?.name === "AbortError";
  return (
    <Dialog opened onClose={onClose} title={text.exportTitle}>
      <Stack>
        <Text size="sm">{text.exportHint}</Text>
        <Radio.Group
          label={text.format}
          value={format}
          onChange={(value) => setFormat(FORMATS.find((known) => known === value) ?? "jsonl")}
        >
          <Stack gap="xs" mt="xs">
            {FORMATS.map((value) => (
              <Radio key={value} value={value} label={text.formats[value]} />
            ))}
          </Stack>
        </Radio.Group>
        {fetched.error && !isCalledOff && <Failure error={fetched.error} />}
        {fetched.isPending && (
          <Text size="sm" role="status">
            {text.downloading(`${Math.round(bytes / 1024).toLocaleString("en-GB")} kB`)}
          </Text>
        )}
        <DialogActs onCancel={onClose} loading={fetched.isPending} onClick={() => fetched.mutate()}>
          {text.download}
        </DialogActs>
      </Stack>
    </Dialog>
  );
}

/** The lines of a text that comes in parts; empty ones are left out. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
      rest = done ? "" : (lines.pop() ?? "");
      for (const line of lines) if (line) yield line;
      if (done) return;
    }
  } finally {
    // Who stops in the middle lets the server stop, too.
    await reader.cancel().catch(() => undefined);
  }
}

import { Alert, Button, Group, Stack } from "@mantine/core";
import { useRouter } from "next/navigation";
import { type FormEvent, useState } from "react";
import { AboutFields, type About, SLUG, slugOf } from "./about-fields";
import { type Chosen, SeatFields } from "./seat-fields";
import { useFound } from "../acts";
import { FIRST, type Errors, faultsOf, toDraft, toPatterns, toPolicy } from "../policy/draft";
import { PolicyFields } from "../policy/fields";
import { Failure } from "@/components/failure";
import { useFirstWrong } from "@/components/first-wrong";
import { formErrors } from "@/components/form-errors";
import { Link } from "@/components/link";
import { councilTexts, texts } from "@/texts";

const words = councilTexts.new;

/** Founds a council: what it is for, who sits in it, and its policy. */
export function Found() {
  const [about, setAbout] = useState<About>({ name: "", id: null, purpose: "", domains: "" });
  const [seats, setSeats] = useState<Chosen[]>([]);
  const [draft, setDraft] = useState(() => toDraft(FIRST));
  const [isTried, setTried] = useState(false);
  const [refused, setRefused] = useState<Errors>({});
  // What is sent again unchanged is the same request: the council is founded once.
  const [key, setKey] = useState(() => crypto.randomUUID());
  const router = useRouter();
  const found = useFound();
  const { form, pointOut } = useFirstWrong(refused);
  const id = about.id ?? slugOf(about.name);
  const faults = faultsOf(draft, seats.length);
  const wrong: Errors = {
    ...(!about.name.trim() && { name: councilTexts.edit.needsName }),
    ...(!SLUG.test(id) && { id: words.badId }),
  };
  const touch = () => {
    setRefused({});
    setKey(crypto.randomUUID());
  };
  const isSound = Object.keys({ ...faults, ...wrong }).length === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!isSound) return pointOut();
    const body = {
      id,
      name: about.name.trim(),
      purpose: about.purpose.trim(),
      domains: toPatterns(about.domains),
      policy: toPolicy(draft),
      seats: Object.fromEntries(seats.map(({ id: user, seat }) => [user, seat])),
    };
    found.mutate(
      { body, key },
      {
        onSuccess: () => router.push(`/councils/${id}`),
        onError: (error) => setRefused({ ...formErrors(error), ...formErrors(error, "/policy") }),
      },
    );
  };
  return (
    <form ref={form} noValidate onSubmit={submit}>
      <Stack>
        <AboutFields
          about={about}
          id={id}
          errors={{ ...refused, ...(isTried && wrong) }}
          onChange={(change) => (touch(), setAbout({ ...about, ...change }))}
        />
        <SeatFields chosen={seats} onChange={(all) => (touch(), setSeats(all))} />
        <PolicyFields
          draft={draft}
          errors={{ ...refused, ...(isTried && faults) }}
          seats={seats.length}
          onChange={(change) => (touch(), setDraft({ ...draft, ...change }))}
        />
        {isTried && !isSound && (
          <Alert color="red" role="alert">
            {councilTexts.editor.invalid}
          </Alert>
        )}
        {found.error && <Failure error={found.error} />}
        <Group justify="end">
          <Button component={Link} href="/councils" variant="default">
            {texts.cancel}
          </Button>
          <Button type="submit" loading={found.isPending || found.isSuccess}>
            {words.found}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

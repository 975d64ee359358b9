const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The beginning of a UUID, which of version 7 is its moment; of what reads well, all. */
export const shortId = (id: string) => (UUID.test(id) ? `${id.slice(0, 13)}…` : id);

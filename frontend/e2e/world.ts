import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { Agent, type Caller, PASSWORD, Person, type Role } from "./people";
import { runtime } from "./runtime";
import { unwrap } from "@/api/error";
import type { components } from "@/api/schema";

type Schemas = components["schemas"];
export type Council = Schemas["Council"];
export type WorkflowType = Schemas["WorkflowType"];
export type Workflow = Schemas["Detail"];

type Free = Record<string, unknown>;
type Step = Omit<Schemas["Step"], "with"> & { with: Free };
type TypeWanted = Partial<Omit<Schemas["CreateWorkflowType"], "steps" | "input_schema"> & { steps: Step[]; input_schema: Free }>;
type ProposalWanted = Partial<Omit<Schemas["Propose"], "inputs"> & { inputs: Free; by: Caller }>;

/** An object of any form, as the generated types of the API want it. */
const free = (value: Free) => value as Record<string, never>;

/** What nobody else has: `word` with some letters after it. */
export const unique = (word: string) => `${word}-${randomBytes(4).toString("hex")}`;

/** A type whose run takes a moment, and that anything can be proposed of. */
const STEPS: Step[] = [
  { name: "page", kind: "render_template", with: { template: "<h1>{{ inputs.title }}</h1>" } },
  { name: "result", kind: "transform", with: { value: { html: "{{ steps.page.output.text }}" } } },
];
const INPUTS = {
  type: "object",
  additionalProperties: false,
  required: ["title"],
  properties: { title: { type: "string", title: "Title", maxLength: 200 } },
};

/**
 * What the tests find and make by the API: the people of this worker, and councils, types and proposals that no other test
 * knows of.
 */
export class World {
  private constructor(
    readonly admin: Person,
    /** An operator, who chairs the councils that are made here. */
    readonly ada: Person,
    /** An operator, who is a member of the councils that are made here. */
    readonly grace: Person,
    readonly viewer: Person,
  ) {}

  static async create(): Promise<World> {
    const admin = new Person("", "Administrator", runtime.ADMIN_EMAIL, "admin", runtime.ADMIN_PASSWORD);
    const ada = await makePerson(admin, "council_operator", "Ada Lovelace");
    const grace = await makePerson(admin, "council_operator", "Grace Hopper");
    const viewer = await makePerson(admin, "viewer", "Edith Clarke");
    return new World(admin, ada, grace, viewer);
  }

  /** Somebody new, for a test that changes or ends what it signs in with. */
  person(role: Role, name = "Mary Somerville"): Promise<Person> {
    return makePerson(this.admin, role, name);
  }

  /** A new agent with a key; `owner` answers for it, the admin when not said. */
  async agent({ name = unique("Agent"), owner }: { name?: string; owner?: Person } = {}): Promise<Agent> {
    const body = { name, ...(owner && { owner_id: owner.id }) };
    const { id } = unwrap(await this.admin.api.POST("/api/admin/agents", { body }));
    const path = { agent_id: id };
    const key = unwrap(await this.admin.api.POST("/api/admin/agents/{agent_id}/keys", { params: { path }, body: {} }));
    return new Agent(id, name, key.api_key);
  }

  /** A new council with a domain of its own, in which Ada is chair and Grace is a member; two approvals decide. */
  async council(wanted: Partial<Schemas["CreateCouncil"]> = {}): Promise<Council & { domain: string }> {
    const id = unique("council");
    const domain = unique("domain").replace("-", "_");
    const council = unwrap(
      await this.admin.api.POST("/api/admin/councils", {
        body: {
          id,
          name: `Council ${id.slice(-8)}`,
          purpose: "Decides what the browser tests propose.",
          domains: [domain],
          policy: { decision_rule: { kind: "approvals", required: 2 }, on_expiry: "reject", voting_period_seconds: 259_200 },
          seats: { [this.ada.id]: "chair", [this.grace.id]: "member" },
          ...wanted,
        },
      }),
    );
    return { ...council, domain: council.domains[0] ?? domain };
  }

  /** A new type in a domain; its only input is `title`, when nothing else is wanted. */
  async type(domain: string, wanted: TypeWanted = {}): Promise<WorkflowType> {
    const id = `${domain}.${unique("publish").replace("-", "_")}`;
    const { input_schema = INPUTS, steps = STEPS, ...rest } = wanted;
    return unwrap(
      await this.admin.api.POST("/api/workflow-types", {
        body: {
          id,
          domain,
          name: `Publish ${id.slice(-8)}`,
          input_schema: free(input_schema),
          steps: steps.map((step) => ({ ...step, with: free(step.with) })),
          ...rest,
        },
      }),
    );
  }

  /** Proposes it, by an agent of the admin's when not said by whom. */
  async propose(type: { id: string }, wanted: ProposalWanted = {}): Promise<Workflow> {
    const { by = await this.agent(), inputs = { title: "Autumn sale" }, ...rest } = wanted;
    return unwrap(
      await by.api.POST("/api/workflows", {
        body: {
          workflow_type: type.id,
          inputs: free(inputs),
          weekly_savings: "1200.00",
          reason: "Raises conversions of the autumn campaign",
          ...rest,
        },
      }),
    );
  }

  /** A proposal, with a council and a type of its own. */
  async proposal(wanted: { council?: Partial<Schemas["CreateCouncil"]>; type?: TypeWanted } = {}) {
    const council = await this.council(wanted.council);
    const type = await this.type(council.domain, wanted.type);
    return { council, type, workflow: await this.propose(type) };
  }

  /** Votes on it, where its only open review is. */
  async vote(id: string, by: Person, vote: Schemas["Vote"], comment?: string) {
    const open = (await this.workflow(id)).reviews.find(({ outcome }) => outcome === "open");
    if (!open) throw new Error(`no review of ${id} is open`);
    const path = { council_id: open.council_id };
    const body = { workflow_id: id, vote, ...(comment && { comment }) };
    return unwrap(await by.api.POST("/api/councils/{council_id}/vote", { params: { path }, body }));
  }

  async workflow(id: string): Promise<Workflow> {
    return unwrap(await this.admin.api.GET("/api/workflows/{workflow_id}", { params: { path: { workflow_id: id } } }));
  }

  /** Waits for it to have this status; who waits too long is ended by the test's own limit. */
  async until(id: string, status: Schemas["WorkflowStatus"]): Promise<Workflow> {
    for (;;) {
      const workflow = await this.workflow(id);
      if (workflow.status === status) return workflow;
      await pause(200);
    }
  }
}

async function makePerson(admin: Person, role: Role, name: string): Promise<Person> {
  const email = `${unique("person")}@example.org`;
  const { id } = unwrap(await admin.api.POST("/api/admin/users", { body: { email, name, role, password: PASSWORD } }));
  return new Person(id, name, email, role);
}

"""Puts something there to be read, changed and decided upon: what every role is tested with."""

import os

from people import new_admin, new_agent, post

COUNCIL_URL = os.environ["COUNCIL_URL"]
# Nobody ever has such a name (RFC 2606).
NOWHERE = "https://nowhere.invalid/"
PAGE = {"headline": "Autumn sale", "text": "Until Friday.", "path": "/autumn-sale", "publish_to": NOWHERE}
PROPOSAL = {"workflow_type": "website.create_landing_page", "inputs": PAGE}


def main() -> None:
    """Makes one or two of each kind of thing."""
    admin, agent = new_admin(), new_agent()
    for proposer in (admin, agent, agent):
        post(proposer, "/api/workflows", PROPOSAL, COUNCIL_URL)
    schedule = {"name": "Every Monday", "cron": "0 9 * * MON", "time_zone": "Europe/Berlin", **PROPOSAL}
    post(admin, "/api/schedules", schedule, COUNCIL_URL)
    post(admin, "/api/admin/webhooks", {"url": NOWHERE, "events": ["workflow.decided"]}, COUNCIL_URL)


if __name__ == "__main__":
    main()

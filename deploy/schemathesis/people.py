"""Who asks: a fresh person or agent of each role, made as an operator of the product would make them."""

import os
import secrets
import subprocess
from pathlib import Path

import requests

AUTH_SERVICE = Path(__file__).parents[2] / "target" / "debug" / "auth-service"
AUTH_URL = os.environ["AUTH_URL"]
PASSWORD = secrets.token_urlsafe(24)
TIMEOUT_SECONDS = 30


def address() -> str:
    """An e-mail address that nobody has."""
    return f"{secrets.token_hex(8)}@example.com"


def log_in(email: str) -> str:
    """Logs in, and returns the token. Each login comes from an address of its own: the failed logins of the tests block that
    of the tests."""
    octets = ".".join(str(secrets.randbelow(256)) for _ in range(3))
    answer = requests.post(
        f"{AUTH_URL}/api/auth/login",
        json={"email": email, "password": PASSWORD},
        headers={"X-Forwarded-For": f"10.{octets}"},
        timeout=TIMEOUT_SECONDS,
    )
    answer.raise_for_status()
    return answer.json()["token"]


def new_admin() -> str:
    """Creates an admin as the command line does, which needs nobody who is there already, and returns a token."""
    email = address()
    subprocess.run(
        [AUTH_SERVICE, "create-admin", "--email", email, "--name", "Tester", "--password-stdin"],
        input=PASSWORD,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
        env={"APP_ENV": "development", "BCRYPT_COST": "10", "DATABASE_URL": os.environ["DATABASE_URL"]},
    )
    return log_in(email)


def post(token: str, path: str, body: dict, url: str = AUTH_URL) -> dict:
    """Has somebody create something."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.post(url + path, json=body, headers=headers, timeout=TIMEOUT_SECONDS)
    if not answer.ok:
        raise RuntimeError(f"POST {path} answers {answer.status_code}: {answer.text}")
    return answer.json()


def new_person(role: str) -> str:
    """Creates a person of this role, and returns a token."""
    email = address()
    post(new_admin(), "/api/admin/users", {"email": email, "name": "Tester", "role": role, "password": PASSWORD})
    return log_in(email)


def new_agent() -> str:
    """Creates an agent, and returns a key that may do all that agents do."""
    admin = new_admin()
    agent = post(admin, "/api/admin/agents", {"name": f"Tester {secrets.token_hex(4)}"})
    return post(admin, f"/api/admin/agents/{agent['id']}/keys", {})["api_key"]


def credential(role: str) -> str:
    """What somebody of this role shows."""
    if role == "admin":
        return new_admin()
    return new_agent() if role == "agent" else new_person(role)

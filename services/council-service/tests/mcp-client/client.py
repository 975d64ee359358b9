"""The official MCP client, driven by lines of JSON: first where to connect, then one command a line; each is answered
by one line, and what is told while it runs comes in lines before that."""

import asyncio
import json
import sys

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client


def say(**line):
    print(json.dumps(line), flush=True)


def plain(result):
    return result.model_dump(mode="json", by_alias=True, exclude_none=True)


async def hear():
    line = await asyncio.to_thread(sys.stdin.readline)
    return json.loads(line) if line else None


async def told(progress, total, message):
    say(progress=progress, total=total, message=message)


async def obey(client, command):
    match command["do"]:
        case "list_tools":
            return plain(await client.list_tools(cursor=command.get("cursor"), cache_mode="bypass"))
        case "call_tool":
            called = client.call_tool(command["name"], command["arguments"], progress_callback=told)
            return plain(await called)


async def main():
    where = await hear()
    credential = {"Authorization": f"Bearer {where['key']}"}
    timeout = httpx2.Timeout(30, read=330)
    async with httpx2.AsyncClient(headers=credential, timeout=timeout) as http:
        async with Client(streamable_http_client(where["url"], http_client=http), mode=where["mode"]) as client:
            say(answer={
                "protocol_version": client.protocol_version,
                "instructions": client.instructions,
                "server": plain(client.server_info),
                "capabilities": plain(client.server_capabilities),
            })
            while command := await hear():
                try:
                    say(answer=await obey(client, command))
                except MCPError as error:
                    say(error={"code": error.code, "message": error.message})


asyncio.run(main())

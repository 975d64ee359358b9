//! The official client for Python, in a process of its own.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// Names the Python that has the client; `make test` sets it.
const PYTHON: &str = "MCP_CLIENT_PYTHON";

/// A connected client. It ends with the value.
pub struct McpClient {
    /// What the server has told of itself.
    pub server: Value,
    commands: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl McpClient {
    /// Connects in one of the client's modes: `legacy` begins with the handshake of the protocol's older versions,
    /// `auto` with discovery.
    pub async fn connect(service: &str, key: &str, mode: &str) -> Self {
        let python = std::env::var(PYTHON).unwrap_or_else(|_| {
            panic!("{PYTHON} is not set: run `make test`, or name a Python that has tests/mcp-client/requirements.txt")
        });
        let mut process = Command::new(python)
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mcp-client/client.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("starts the client");
        let commands = process.stdin.take().expect("its input");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let mut client = Self { server: Value::Null, commands, lines, _process: process };
        client.say(&json!({"url": format!("{service}/mcp"), "key": key, "mode": mode})).await;
        client.server = client.answer().await;
        client
    }

    /// Every tool, page by page.
    pub async fn tools(&mut self) -> Vec<Value> {
        let mut tools = Vec::new();
        let mut cursor = Value::Null;
        loop {
            self.say(&json!({"do": "list_tools", "cursor": cursor})).await;
            let mut page = self.answer().await;
            tools.append(page["tools"].as_array_mut().expect("tools"));
            cursor = page["nextCursor"].take();
            if cursor.is_null() {
                return tools;
            }
        }
    }

    /// Calls a tool that does not wait.
    pub async fn call(&mut self, name: &str, arguments: Value) -> Value {
        self.begin(name, arguments).await;
        self.answer().await
    }

    /// Calls a tool, and does not wait for its answer.
    pub async fn begin(&mut self, name: &str, arguments: Value) {
        self.say(&json!({"do": "call_tool", "name": name, "arguments": arguments})).await;
    }

    /// The answer to what was begun.
    pub async fn answer(&mut self) -> Value {
        let mut line = self.line().await;
        assert!(line.get("answer").is_some(), "{line:#}");
        line["answer"].take()
    }

    /// The next line of the client: news of what was begun, its answer, or an error of the protocol.
    pub async fn line(&mut self) -> Value {
        let line = self.lines.next_line().await.expect("a line").expect("the client has ended");
        serde_json::from_str(&line).expect("JSON")
    }

    async fn say(&mut self, command: &Value) {
        self.commands.write_all(format!("{command}\n").as_bytes()).await.expect("takes a command");
    }
}

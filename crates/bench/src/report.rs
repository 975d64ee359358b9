//! What was measured, for people and for programs.

use std::fmt::Write;

use serde::Serialize;

/// One measured thing and its goal.
#[derive(Serialize)]
pub struct Figure {
    /// What.
    pub name: &'static str,
    /// What came out, with its unit.
    pub measured: String,
    /// What it is compared with, measured in the same run.
    pub limit: String,
    /// The measured value over the limit.
    pub ratio: f64,
    /// What the ratio should be.
    pub goal: Goal,
}

/// What a ratio should be.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// So much or more.
    AtLeast(f64),
    /// So much or less.
    AtMost(f64),
}

impl Figure {
    /// Whether the goal is met.
    pub fn is_met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(goal) => self.ratio >= goal,
            Goal::AtMost(goal) => self.ratio <= goal,
        }
    }
}

/// Everything of one run.
#[derive(Serialize)]
pub struct Report {
    /// The machine.
    pub machine: String,
    /// When, RFC 3339.
    pub date: String,
    /// Whether it was a rough run.
    pub quick: bool,
    /// What was measured.
    pub figures: Vec<Figure>,
}

impl Report {
    /// As a table in Markdown.
    pub fn table(&self) -> String {
        let mut table = String::from("| what | measured | limit | ratio | goal | met |\n|---|---|---|---|---|---|\n");
        for figure in &self.figures {
            let goal = match figure.goal {
                Goal::AtLeast(goal) => format!("≥ {goal}"),
                Goal::AtMost(goal) => format!("≤ {goal}"),
            };
            let met = if figure.is_met() { "yes" } else { "no" };
            let Figure { name, measured, limit, ratio, .. } = figure;
            let _ = writeln!(table, "| {name} | {measured} | {limit} | {ratio:.2} | {goal} | {met} |");
        }
        table
    }
}

//! Why: the reports on which account and which key are used, and on what hides another.

pub mod account_report;
pub mod hidden;
pub mod plugin_grant;

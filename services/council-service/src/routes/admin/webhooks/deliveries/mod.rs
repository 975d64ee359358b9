//! `/api/admin/webhooks/{webhook_id}/deliveries`.

pub mod redeliver;

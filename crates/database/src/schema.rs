//! The tables as Diesel sees them; `audit_log.transaction_id` (xid8) is for SQL alone.
#![expect(missing_docs, reason = "the migrations say what each column is")]

diesel::table! {
    users (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        password_hash -> Nullable<Text>,
        role -> Text,
        state -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        address -> Nullable<Inet>,
        user_agent -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        last_used_at -> Timestamptz,
        second_factor_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    refresh_tokens (hash) {
        hash -> Bytea,
        session_id -> Uuid,
        issued_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    revocations (id) {
        id -> Int8,
        user_id -> Uuid,
        session_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    login_failures (account) {
        account -> Bytea,
        failures -> Int4,
        failed_at -> Timestamptz,
        locked_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    totp (user_id) {
        user_id -> Uuid,
        secret -> Bytea,
        last_step -> Int8,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    recovery_codes (user_id, hash) {
        user_id -> Uuid,
        hash -> Bytea,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    account_tokens (hash) {
        hash -> Bytea,
        user_id -> Uuid,
        purpose -> Text,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    agents (id) {
        id -> Uuid,
        name -> Text,
        owner_id -> Uuid,
        state -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        agent_id -> Uuid,
        prefix -> Text,
        secret_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        scopes -> Array<Text>,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Int8,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        action -> Text,
        resource_kind -> Text,
        resource_id -> Text,
        detail -> Jsonb,
        address -> Nullable<Inet>,
        request_id -> Nullable<Text>,
        personal -> Nullable<Jsonb>,
        salt -> Nullable<Bytea>,
        commitment -> Nullable<Bytea>,
        sequence -> Nullable<Int8>,
    }
}

diesel::table! {
    audit_seals (position) {
        position -> Int8,
        audit_id -> Int8,
        hash -> Bytea,
        sealed_at -> Timestamptz,
    }
}

diesel::table! {
    audit_checkpoints (position) {
        position -> Int8,
        hash -> Bytea,
        signed_at -> Timestamptz,
        key_id -> Text,
        signature -> Bytea,
        first_position -> Nullable<Int8>,
        root -> Nullable<Bytea>,
    }
}

diesel::table! {
    councils (id) {
        id -> Text,
        name -> Text,
        purpose -> Text,
        state -> Text,
        is_default -> Bool,
        policy_version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    council_domains (council_id, domain) {
        council_id -> Text,
        domain -> Text,
    }
}

diesel::table! {
    council_policies (council_id, version) {
        council_id -> Text,
        version -> Int4,
        policy -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    council_seats (council_id, user_id) {
        council_id -> Text,
        user_id -> Uuid,
        seat -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    workflow_types (id) {
        id -> Text,
        domain -> Text,
        current_version -> Int4,
        created_at -> Timestamptz,
        priority -> Text,
        max_running -> Nullable<Int4>,
    }
}

diesel::table! {
    workflow_type_versions (workflow_type, version) {
        workflow_type -> Text,
        version -> Int4,
        name -> Text,
        description -> Text,
        input_schema -> Jsonb,
        steps -> Jsonb,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    workflows (id) {
        id -> Uuid,
        workflow_type -> Text,
        type_version -> Int4,
        domain -> Text,
        inputs -> Jsonb,
        digest -> Bytea,
        reason -> Nullable<Text>,
        weekly_savings -> Nullable<Numeric>,
        proposer_user_id -> Nullable<Uuid>,
        proposer_agent_id -> Nullable<Uuid>,
        status -> Text,
        request_id -> Nullable<Text>,
        traceparent -> Nullable<Text>,
        created_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        due_at -> Nullable<Timestamptz>,
        enqueued_at -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        lease_holder -> Nullable<Text>,
        lease_expires_at -> Nullable<Timestamptz>,
        fence -> Int8,
        output -> Nullable<Jsonb>,
        error -> Nullable<Text>,
        round -> Int4,
        basis -> Text,
        supersedes -> Nullable<Uuid>,
        parked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    workflow_reviews (workflow_id, council_id, round) {
        workflow_id -> Uuid,
        council_id -> Text,
        round -> Int4,
        kind -> Text,
        policy_version -> Int4,
        outcome -> Text,
        opened_at -> Timestamptz,
        deadline -> Timestamptz,
        quorum_at -> Nullable<Timestamptz>,
        overdue_at -> Nullable<Timestamptz>,
        decided_at -> Nullable<Timestamptz>,
        electorate -> Nullable<Jsonb>,
        step -> Nullable<Text>,
        question -> Nullable<Text>,
    }
}

diesel::table! {
    votes (workflow_id, council_id, round, user_id) {
        workflow_id -> Uuid,
        council_id -> Text,
        round -> Int4,
        user_id -> Uuid,
        seat_of -> Nullable<Uuid>,
        vote -> Text,
        comment -> Nullable<Text>,
        digest -> Bytea,
        address -> Nullable<Inet>,
        cast_at -> Timestamptz,
    }
}

diesel::table! {
    mandates (id) {
        id -> Uuid,
        workflow_type -> Text,
        condition -> Text,
        max_uses -> Int4,
        per -> Text,
        valid_until -> Timestamptz,
        councils -> Array<Text>,
        granted_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
        revoked_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    mandate_uses (workflow_id) {
        workflow_id -> Uuid,
        mandate_id -> Uuid,
        reserved_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    break_glass (workflow_id) {
        workflow_id -> Uuid,
        admin_id -> Uuid,
        reason -> Text,
        broken_at -> Timestamptz,
        ratify_by -> Timestamptz,
        ratified_at -> Nullable<Timestamptz>,
        refused_at -> Nullable<Timestamptz>,
        round -> Int4,
    }
}

diesel::table! {
    seat_delegations (id) {
        id -> Uuid,
        council_id -> Text,
        holder_id -> Uuid,
        delegate_id -> Uuid,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    idempotency_keys (caller, key) {
        caller -> Uuid,
        key -> Text,
        request -> Bytea,
        status -> Int2,
        body -> Jsonb,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    workflow_steps (workflow_id, position) {
        workflow_id -> Uuid,
        position -> Int4,
        name -> Text,
        kind -> Text,
        status -> Text,
        attempt -> Int4,
        fence -> Int8,
        request_digest -> Nullable<Bytea>,
        response_digest -> Nullable<Bytea>,
        output -> Nullable<Jsonb>,
        error -> Nullable<Text>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        resume_at -> Nullable<Timestamptz>,
        asked_round -> Nullable<Int4>,
    }
}

diesel::table! {
    workflow_timeline (id) {
        id -> Int8,
        workflow_id -> Uuid,
        at -> Timestamptz,
        event -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        detail -> Jsonb,
    }
}

diesel::table! {
    queues (priority) {
        priority -> Text,
        paused_at -> Nullable<Timestamptz>,
        paused_by -> Nullable<Uuid>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    outbox (id) {
        id -> Int8,
        stream -> Text,
        payload -> Jsonb,
        created_at -> Timestamptz,
        due_at -> Timestamptz,
        attempts -> Int4,
    }
}

diesel::table! {
    announcer (id) {
        id -> Int4,
        transaction_id -> Int8,
        event_id -> Int8,
    }
}

diesel::table! {
    webhooks (id) {
        id -> Uuid,
        url -> Text,
        description -> Text,
        events -> Array<Text>,
        state -> Text,
        disabled_because -> Nullable<Text>,
        secret -> Bytea,
        previous_secret -> Nullable<Bytea>,
        previous_until -> Nullable<Timestamptz>,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    webhook_deliveries (id) {
        id -> Uuid,
        webhook_id -> Uuid,
        event_id -> Uuid,
        event_type -> Text,
        payload -> Jsonb,
        status -> Text,
        attempts -> Int4,
        due_at -> Timestamptz,
        last_status -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        created_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    secrets (name) {
        name -> Text,
        ciphertext -> Bytea,
        version -> Int4,
        description -> Text,
        set_by -> Uuid,
        set_at -> Timestamptz,
    }
}

diesel::table! {
    schedules (id) {
        id -> Uuid,
        name -> Text,
        cron -> Text,
        time_zone -> Text,
        workflow_type -> Text,
        inputs -> Jsonb,
        weekly_savings -> Nullable<Numeric>,
        reason -> Nullable<Text>,
        missed -> Text,
        state -> Text,
        paused_because -> Nullable<Text>,
        refusals -> Int4,
        next_due_at -> Nullable<Timestamptz>,
        last_fired_at -> Nullable<Timestamptz>,
        owner_id -> Uuid,
        version -> Int4,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    schedule_runs (schedule_id, due_at) {
        schedule_id -> Uuid,
        due_at -> Timestamptz,
        fired_at -> Timestamptz,
        outcome -> Text,
        workflow_id -> Nullable<Uuid>,
        problem -> Nullable<Text>,
    }
}

diesel::table! {
    health_history (resolution, starts_at, check_name) {
        resolution -> Text,
        check_name -> Text,
        starts_at -> Timestamptz,
        healthy_ms -> Int8,
        degraded_ms -> Int8,
        unhealthy_ms -> Int8,
    }
}

diesel::table! {
    incidents (id) {
        id -> Uuid,
        check_name -> Text,
        impact -> Text,
        opened_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        note -> Nullable<Text>,
        noted_by -> Nullable<Uuid>,
        noted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    backup_reports (id) {
        id -> Int8,
        kind -> Text,
        finished_at -> Timestamptz,
        succeeded -> Bool,
        bytes -> Nullable<Int8>,
        detail -> Nullable<Text>,
    }
}

diesel::joinable!(workflows -> workflow_types (workflow_type));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(refresh_tokens -> sessions (session_id));
diesel::joinable!(totp -> users (user_id));
diesel::joinable!(account_tokens -> users (user_id));
diesel::joinable!(agents -> users (owner_id));
diesel::joinable!(api_keys -> agents (agent_id));
diesel::joinable!(council_seats -> users (user_id));
diesel::joinable!(council_seats -> councils (council_id));
diesel::joinable!(votes -> users (user_id));
diesel::joinable!(mandate_uses -> mandates (mandate_id));
diesel::joinable!(break_glass -> workflows (workflow_id));
diesel::joinable!(break_glass -> users (admin_id));
diesel::joinable!(webhook_deliveries -> webhooks (webhook_id));
diesel::joinable!(secrets -> users (set_by));
diesel::joinable!(schedules -> users (owner_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    refresh_tokens,
    revocations,
    login_failures,
    totp,
    recovery_codes,
    account_tokens,
    agents,
    api_keys,
    audit_log,
    audit_seals,
    audit_checkpoints,
    councils,
    council_domains,
    council_policies,
    council_seats,
    workflow_types,
    workflow_type_versions,
    workflows,
    workflow_reviews,
    votes,
    workflow_steps,
    workflow_timeline,
    queues,
    outbox,
    mandates,
    mandate_uses,
    break_glass,
    seat_delegations,
    idempotency_keys,
    announcer,
    webhooks,
    webhook_deliveries,
    secrets,
    schedules,
    schedule_runs,
    health_history,
    incidents,
    backup_reports,
);
